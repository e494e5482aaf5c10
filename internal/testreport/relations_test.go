package testreport

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestContradictions breaks each relation of a report that has no contradiction.
func TestContradictions(t *testing.T) {
	share := func(v float64) *estimate.Estimate { return estimate.Around(v, v/10, 1000) }
	ms := func(v float64) *float64 { return &v }
	spans := func(n uint64) *uint64 { return &n }
	sound := func() report.Report {
		r := analyzer.Analyze(testsnapshot.Busy())
		r.CPU.Tracing = report.Share{Share: share(0.1), Direct: share(0.06), Indirect: share(0.04), Seconds: share(0.655)}
		r.CPU.Stages = map[string]report.Portion{"create": {Share: share(0.05)}, "transport": {Share: share(1e-4)}}
		r.CPU.Instrumentation, r.CPU.Metrics = share(0.02), share(0.01)
		r.Spans.CostUS = share(0.655e6 / r.Spans.Started.Value)
		r.Export.Bytes, r.Export.Compression = spans(10_000), &report.Compression{SentBytes: 2_000}
		r.Leaks = []report.Leak{{OfSpans: 0.5, HeldBytes: share(1e6)}}
		return r
	}
	broken := map[string]func(*report.Report){
		"ended ≤ started + open at the attach": func(r *report.Report) { r.Spans.Ended = estimate.Counted(6000) },
		"sampled ≤ started":                    func(r *report.Report) { r.Spans.Sampled = estimate.Counted(501) },
		"exported + failed + dropped ≤ (ended + held at the attach) × processors": func(r *report.Report) { r.Spans.Dropped = estimate.Counted(20_000) },
		"exported + failed ≤ spans in exports":                                    func(r *report.Report) { r.Spans.Failed = estimate.Counted(31) },
		"lost at exit ≤ ended + held at the attach":                               func(r *report.Report) { r.Spans.LostAtExit = estimate.Counted(20_000) },
		"requests ≤ started":                                                      func(r *report.Report) { r.Request.RootSpans = estimate.Counted(501) },
		"failed exports ≤ exports":                                                func(r *report.Report) { r.Export.Failed = r.Export.Operations + 1 },
		"mean batch ≤ largest batch":                                              func(r *report.Report) { r.Export.Batch.Max = spans(7) },
		"p50 ≤ p90":                                                               func(r *report.Report) { r.Export.DurationMS.P50 = ms(1e6) },
		"p90 ≤ p99":                                                               func(r *report.Report) { r.Export.DurationMS.P99 = ms(0) },
		"p99 ≤ longest":                                                           func(r *report.Report) { r.Export.DurationMS.Max = ms(0) },
		"queue ≤ its peak":                                                        func(r *report.Report) { r.Queue.Peak = spans(1) },
		"queue's peak ≤ capacity":                                                 func(r *report.Report) { r.Queue.Peak = spans(5000) },
		"direct + indirect = tracing":                                             func(r *report.Report) { r.CPU.Tracing.Indirect = share(0.05) },
		"each stage ≤ tracing":                                                    func(r *report.Report) { r.CPU.Stages["create"] = report.Portion{Share: share(0.2)} },
		"tracing + instrumentation + metrics ≤ 1":                                 func(r *report.Report) { r.CPU.Instrumentation = estimate.Around(0.95, 0.01, 9) },
		"tracing's seconds ≤ the process's":                                       func(r *report.Report) { r.CPU.ProcessSeconds = 0.5 },
		"cost of a span × started ≤ tracing's seconds":                            func(r *report.Report) { r.Spans.CostUS = share(3000) },
		"CPU of transport ≤ what its exports can take":                            func(r *report.Report) { r.CPU.Stages["transport"] = report.Portion{Share: share(0.05)} },
		"sent ≤ encoded bytes, but for the frame of a compressor":                 func(r *report.Report) { r.Export.Compression.SentBytes = 11_000 },
		"span names ≤ all spans":                                                  func(r *report.Report) { r.Names[0].Share = estimate.Around(0.99, 0.01, 99) },
		"spans of the leaks' sites ≤ all spans":                                   func(r *report.Report) { r.Leaks[0].OfSpans = 1.1 },
		"memory of held spans ≤ resident memory":                                  func(r *report.Report) { r.Leaks[0].HeldBytes = share(1e9) },
		"what watching adds ≤ the process's CPU time":                             func(r *report.Report) { r.Probe.TargetCPUSeconds = 7 },
	}
	if found := Contradictions(sound()); len(found) != 0 {
		t.Fatalf("the report to be broken contradicts itself: %q", found)
	}
	for _, rel := range relations {
		t.Run(rel.says, func(t *testing.T) {
			change, known := broken[rel.says]
			if !known {
				t.Fatal("no report breaks this relation: add it")
			}
			r := sound()
			change(&r)
			if found := strings.Join(Contradictions(r), "\n"); !strings.Contains(found, rel.says+":") {
				t.Errorf("found %q", found)
			}
		})
	}
}

// TestMalformed has estimates outside of their own interval.
func TestMalformed(t *testing.T) {
	r := report.Report{Leaks: []report.Leak{{HeldSpans: &estimate.Estimate{Value: 2, Low: 3, High: 4}}}}
	r.Spans.Failed = &estimate.Estimate{Value: 2, Low: 1, High: 4, Exact: true}
	found := strings.Join(Contradictions(r), "\n")
	for _, want := range []string{".leaks.held_spans: 2 (3–4) is outside of its interval", ".spans.failed: 2 (1–4) is exact with an interval"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not among %q", want, found)
		}
	}
}
