package analyzer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// exportedInStretches is a minute of 100 exports a second, of which stretches show one in ten.
func exportedInStretches() snapshot.Snapshot {
	e := testsnapshot.Exporter(testsnapshot.ExporterA, "otlp_grpc_span_exporter", make([]time.Duration, 6000)...)
	e.Spans, e.Exported, e.Failed, e.MaxBatch, e.Retries = 6000, 6000, 0, 1, 30
	s := snapshot.Snapshot{Elapsed: time.Minute, Exports: []snapshot.Exporter{e}, Counts: []snapshot.Count{{Probe: "retry", Calls: 3}}, Processors: []snapshot.Processor{{Simple: true, Exported: 6000}}}
	s.Stretches = snapshot.Stretches{Unobserved: 54 * time.Second, Filled: 54 * time.Second, Added: 5400, Calls: 600}
	for i := range 24 {
		s.Stretches.Rates.Add(90 + 20*float64(i%2))
	}
	for _, figure := range []string{"export", "export.retried", "export.bytes", "spans.failed"} {
		s.Gaps = append(s.Gaps, snapshot.Missing{What: figure, Why: "the budget"})
	}
	return s
}

// TestExportsInStretches has figures of exports with intervals, and none that is exact.
func TestExportsInStretches(t *testing.T) {
	r := Analyze(exportedInStretches())
	for what, e := range map[string]struct{ value, low, high float64 }{
		"operations": {r.Export.OperationsEstimate.Value, r.Export.OperationsEstimate.Low, r.Export.OperationsEstimate.High},
		"exported":   {r.Spans.Exported.Value, r.Spans.Exported.Low, r.Spans.Exported.High},
		"ended":      {r.Spans.Ended.Value, r.Spans.Ended.Low, r.Spans.Ended.High},
	} {
		if e.value != 6000 || e.low < 5000 || e.low > 5700 || e.high < 6300 || e.high > 7000 {
			t.Errorf("%s: %+v, want about 6,000 ± 500", what, e)
		}
	}
	if r.Export.OperationsEstimate.Exact || r.Export.OperationsEstimate.N != 600 || r.Spans.Exported.Exact || r.Spans.Ended.Exact {
		t.Errorf("%+v, %+v and %+v: want none to be exact, and 600 observed", r.Export.OperationsEstimate, r.Spans.Exported, r.Spans.Ended)
	}
	if failed := r.Spans.Failed; failed.Value != 0 || failed.High < 10 || failed.High > 60 {
		t.Errorf("failed %+v: want none, or as many as may not have been seen", failed)
	}
	if o := *r.Export.Observed; o < 0.099 || o > 0.101 {
		t.Errorf("observed for %v of the time, want a tenth", o)
	}
	if r.Export.Retried == nil || *r.Export.Retried != 30 || r.Export.DurationMS.P99 == nil {
		t.Errorf("retried and durations are missing: %+v", r.Export)
	}
	for figure, known := range map[string]bool{"export.operations": true, "export.retried": true, "spans.failed": true, "pipelines": true, "flushes": true} {
		if r.Known(figure) != known {
			t.Errorf("%s is known: %v", figure, !known)
		}
	}
}

// TestExportsBeforeTheFirstStretch are not counted, and not 0.
func TestExportsBeforeTheFirstStretch(t *testing.T) {
	s := exportedInStretches()
	s.Stretches = snapshot.Stretches{Unobserved: time.Minute}
	if r := Analyze(s); r.Known("export.operations") || r.Export.Counted() || r.Spans.Exported != nil {
		t.Errorf("exports are counted: %+v", r.Export)
	}
}

// TestExportsLongerThanStretches leaves out the quantiles that lie among them.
func TestExportsLongerThanStretches(t *testing.T) {
	for _, test := range []struct {
		name     string
		longer   float64
		p90, p99 bool
	}{
		{"one in two hundred", 30, true, true},
		{"one in twenty", 300, true, false},
		{"a fifth", 1200, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := exportedInStretches()
			s.Stretches.Longer = test.longer
			r := Analyze(s)
			if q := r.Export.DurationMS; q.P50 == nil || (q.P90 != nil) != test.p90 || (q.P99 != nil) != test.p99 {
				t.Errorf("%+v", q)
			}
			if r.Known("export.duration_ms.p90") != test.p90 || r.Known("export.duration_ms.p99") != test.p99 {
				t.Errorf("missing: %+v", r.Missing)
			}
		})
	}
}

// TestIntervalsOfQuantiles observes 40 programs for a minute, in stretches that show one export in
// ten. Half of the exports take 5 ms and more, the others some 20 ms; where stretches are alike, each has exports of
// one kind only.
func TestIntervalsOfQuantiles(t *testing.T) {
	const programs, stretches, each = 40, 24, 25
	for _, test := range []struct {
		name  string
		alike bool
	}{{"exports of a stretch differ", false}, {"exports of a stretch are alike", true}} {
		t.Run(test.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			held, given := 0, 0
			for range programs {
				var all, seen []time.Duration
				s := exportedInStretches()
				s.Stretches.Rates = snapshot.Rates{}
				for range stretches * 10 {
					kind := random.IntN(2)
					var n, sum, squares float64
					observe := len(all)%(10*each) == 0
					for range each {
						if !test.alike {
							kind = random.IntN(2)
						}
						d := time.Duration((5 + 15*float64(kind) + random.ExpFloat64()) * float64(time.Millisecond))
						all = append(all, d)
						if observe {
							seen = append(seen, d)
							logarithm := math.Log(float64(d))
							n, sum, squares = n+1, sum+logarithm, squares+logarithm*logarithm
						}
					}
					if observe {
						s.Stretches.Durations.Add(n, sum, squares)
						s.Stretches.Rates.Add(100)
					}
				}
				slices.Sort(all)
				e := testsnapshot.Exporter(testsnapshot.ExporterA, "otlp_grpc_span_exporter", slices.Repeat(seen, 10)...)
				s.Exports = []snapshot.Exporter{e}
				r := Analyze(s)
				for q, got := range map[float64]*estimate.Estimate{0.5: r.Export.DurationEstimateMS.P50, 0.9: r.Export.DurationEstimateMS.P90} {
					truth := *milliseconds(estimate.Quantile(all, q))
					if got == nil {
						continue
					}
					given++
					if got.Low <= truth && truth <= got.High {
						held++
					}
				}
			}
			if share := float64(held) / float64(given); given < programs || share < 0.9 {
				t.Errorf("%d of %d intervals hold the truth", held, given)
			}
		})
	}
}

// TestTooFewExportsForAQuantile are 60 that were observed: all of them may be shorter than the 99th
// percentile.
func TestTooFewExportsForAQuantile(t *testing.T) {
	s := exportedInStretches()
	s.Stretches.Calls = 60
	r := Analyze(s)
	if e := r.Export.DurationEstimateMS; e.P50 == nil || e.P99 != nil || r.Known("export.duration_estimate_ms.p99") {
		t.Errorf("%+v", e)
	}
}
