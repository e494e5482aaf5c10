package agent

import (
	"strconv"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestRareProbesOutlastExports watches a program whose exports of spans are too many for the
// budget: its exports of metrics are few, and each is counted. Where these are too many
// they are missing, with the reason, and exports of spans are not.
func TestRareProbesOutlastExports(t *testing.T) {
	session := newSession(t)
	const load = 8 * time.Second
	for _, test := range []struct {
		name    string
		spans   int // a second
		metrics time.Duration
		counted bool
	}{
		{"few metrics", 600, time.Second, true},
		{"many metrics", 20, 2 * time.Millisecond, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := testtarget.StartNamed(t, "blocking", "-rate", strconv.Itoa(test.spans), "-exporters", "10",
				"-metrics", test.metrics.String(), "-load", load.String())
			w := startWatch(t, session, program.PID(), defaultBudget)
			program.Begin()
			time.Sleep(load)
			program.AwaitLoad()
			truth := program.Shutdown()
			r := w.report()
			t.Logf("truth %v, exports observed %v, %+v, %v", truth, *r.Export.Observed, r.Pipelines, r.Missing)
			if exact := r.Export.OperationsEstimate.Exact; exact == test.counted {
				t.Errorf("exports of spans are counted exactly: %v", exact)
			}
			switch {
			case !test.counted && (len(r.Pipelines) > 0 || r.Known("pipelines")):
				t.Errorf("exports of metrics are %+v, want none, with a reason in %v", r.Pipelines, r.Missing)
			case test.counted && (len(r.Pipelines) != 1 || int64(r.Pipelines[0].Operations) != truth["metrics"]):
				t.Errorf("exports of metrics are %+v, want %d; %v", r.Pipelines, truth["metrics"], r.Missing)
			}
		})
	}
}

// TestExportsInStretches watches programs that export each span where it ends, so often that
// the budget does not let the probes on exports stand.
func TestExportsInStretches(t *testing.T) {
	session := newSession(t)
	const load = 30 * time.Second
	for _, test := range []struct{ rate, exporters int }{{20, 1}, {300, 6}, {2000, 40}} {
		t.Run(strconv.Itoa(test.rate), func(t *testing.T) {
			program := testtarget.StartNamed(t, "blocking", "-rate", strconv.Itoa(test.rate),
				"-exporters", strconv.Itoa(test.exporters), "-load", load.String())
			w := startWatch(t, session, program.PID(), defaultBudget)
			program.Begin()
			time.Sleep(load)
			program.AwaitLoad()
			truth := program.Shutdown()
			r := w.report()
			e := r.Export
			if e.OperationsEstimate == nil || e.DurationEstimateMS.P50 == nil {
				t.Fatalf("exports are not counted: %v", r.Missing)
			}
			t.Logf("truth %v; observed %.3f, operations %+v, failed %d, exported %+v, failed %+v", truth, *e.Observed, e.OperationsEstimate, e.Failed, r.Spans.Exported, r.Spans.Failed)
			if e.OperationsEstimate.Exact && int64(e.Operations) != truth["exports"] {
				t.Errorf("%d exports, and that exactly; want %d", e.Operations, truth["exports"])
			}
			// An interval of 95 % misses once in twenty runs. One twice as wide misses if the
			// method is wrong. Exports take longer while they are observed: the program's clock starts
			// later than the probes, and a busy machine does more work then.
			for what, got := range map[string]struct {
				e           *estimate.Estimate
				want, slack float64
			}{
				"exports":      {e.OperationsEstimate, float64(truth["exports"]), 0},
				"failed spans": {r.Spans.Failed, float64(truth["failed"]), 0},
				"p50":          {e.DurationEstimateMS.P50, float64(truth["p50_us"]) / 1e3, 0.05},
				"p90":          {e.DurationEstimateMS.P90, float64(truth["p90_us"]) / 1e3, 0.05},
				"p99":          {e.DurationEstimateMS.P99, float64(truth["p99_us"]) / 1e3, 0.05},
			} {
				t.Logf("%s: %+v, want %.3f", what, got.e, got.want)
				if got.e == nil { // too few exports were observed
					continue
				}
				slack := got.slack*got.want + 1e-9
				if got.want < 2*got.e.Low-got.e.Value-slack || got.want > 2*got.e.High-got.e.Value+slack {
					t.Errorf("%s = %+v, want %v", what, got.e, got.want)
				}
			}
		})
	}
}
