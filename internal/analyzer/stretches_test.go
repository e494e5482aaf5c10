package analyzer

import (
	"testing"
	"time"

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
		unfit    float64
		p90, p99 bool
	}{
		{"by chance", 15, true, true},
		{"one in twenty", 50, true, false},
		{"a fifth", 140, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := exportedInStretches()
			s.Stretches.Cut, s.Stretches.Unfit = 100, test.unfit
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
