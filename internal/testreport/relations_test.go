package testreport

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
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
		r.CPU.Instrumentation, r.CPU.Metrics, r.CPU.Logs = share(0.02), share(0.01), share(0.01)
		r.CPU.OpenTelemetry = report.Share{Share: share(0.14)}
		for _, stages := range []map[string]report.Portion{r.CPU.InstrumentationStages, r.CPU.MetricsStages, r.CPU.LogsStages} {
			stages["gc"] = report.Portion{Share: share(0.005)}
		}
		r.Spans.CostUS = share(0.655e6 / r.Spans.Started.Value)
		r.Export.Bytes, r.Export.Compression = spans(10_000), &report.Compression{SentBytes: 2_000}
		r.Leaks = []report.Leak{{OfSpans: 0.5, HeldBytes: share(1e6)}}
		r.Missing = nil
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
		"tracing + instrumentation + metrics + logs = OpenTelemetry":              func(r *report.Report) { r.CPU.OpenTelemetry.Share = share(0.15) },
		"each part of OpenTelemetry ≤ OpenTelemetry":                              func(r *report.Report) { r.CPU.Metrics, r.CPU.Logs = nil, share(0.4) },
		"each stage of instrumentation ≤ instrumentation":                         func(r *report.Report) { r.CPU.InstrumentationStages["gc"] = report.Portion{Share: share(0.03)} },
		"each stage of metrics ≤ metrics":                                         func(r *report.Report) { r.CPU.MetricsStages["gc"] = report.Portion{Share: share(0.03)} },
		"each stage of logs ≤ logs":                                               func(r *report.Report) { r.CPU.LogsStages["gc"] = report.Portion{Share: share(0.03)} },
		"tracing + instrumentation + metrics + logs ≤ 1":                          func(r *report.Report) { r.CPU.Instrumentation = estimate.Around(0.95, 0.01, 9) },
		"tracing's seconds ≤ the process's":                                       func(r *report.Report) { r.CPU.ProcessSeconds = 0.5 },
		"cost of a span × started ≤ tracing's seconds":                            func(r *report.Report) { r.Spans.CostUS = share(3000) },
		"CPU of transport ≤ what its exports can take":                            func(r *report.Report) { r.CPU.Stages["transport"] = report.Portion{Share: share(0.05)} },
		"sent ≤ encoded bytes, but for the frame of a compressor":                 func(r *report.Report) { r.Export.Compression.SentBytes = 11_000 },
		"span names ≤ all spans":                                                  func(r *report.Report) { r.Names[0].Share = estimate.Around(0.99, 0.01, 99) },
		"CPU of the scopes ≤ OpenTelemetry":                                       func(r *report.Report) { r.Scopes = []report.Scope{{Share: share(0.2)}} },
		"spans of the leaks' sites ≤ all spans":                                   func(r *report.Report) { r.Leaks[0].OfSpans = 1.1 },
		"memory of held spans ≤ resident memory":                                  func(r *report.Report) { r.Leaks[0].HeldBytes = share(1e9) },
		"what watching adds ≤ the process's CPU time":                             func(r *report.Report) { r.Probe.TargetCPUSeconds = 7 },
	}
	if found := Contradictions(sound()); len(found) != 0 {
		t.Fatalf("the report to be broken contradicts itself: %q", found)
	}
	for _, rel := range report.Relations() {
		says := rel.Says
		t.Run(says, func(t *testing.T) {
			change, known := broken[says]
			if !known {
				t.Fatal("no report breaks this relation: add it")
			}
			r := sound()
			change(&r)
			if found := strings.Join(Contradictions(r), "\n"); !strings.Contains(found, says+":") {
				t.Errorf("found %q", found)
			}
			settled := r.Settled()
			if found := Contradictions(settled); len(found) != 0 {
				t.Errorf("settled, the report contradicts itself: %q", found)
			}
			if !noted(settled, says) {
				t.Errorf("no figure is doubted or missing for it: %v, %v", settled.Doubted, settled.Missing)
			}
			if before := sound(); !reflect.DeepEqual(before.Settled(), before) {
				t.Error("settling changes a report without contradictions")
			}
		})
	}
}

// noted reports whether a figure is doubted or missing because a relation does not hold.
func noted(r report.Report, says string) bool {
	return slices.ContainsFunc(slices.Concat(r.Doubted, r.Missing), func(m snapshot.Missing) bool {
		return strings.HasPrefix(m.Why, report.Contradictory+says+":")
	})
}

// TestSettled has a contradiction: what the figures become, and what rests on them.
func TestSettled(t *testing.T) {
	r := analyzer.Analyze(testsnapshot.Busy())
	r.Missing = slices.DeleteFunc(r.Missing, func(m snapshot.Missing) bool { return m.What == "findings" })
	started := r.Spans.Started.Value
	r.Spans.Dropped = estimate.Counted(20_000)
	r.Findings, r.Judged = []report.Finding{{ID: "span-drop"}, {ID: "export-slow"}}, []string{"span-drop", "export-slow"}
	room := 0.0
	for _, p := range r.Processors {
		if p.Settings != nil {
			room += float64(p.Settings.MaxQueueSize + p.Settings.MaxExportBatchSize)
		}
	}
	before := *r.Spans.Ended
	most := r.Spans.Exported.Value + r.Spans.Failed.Value + r.Spans.Dropped.Value
	excess := most - (before.Value+room)*float64(len(r.Processors))
	settled := r.Settled()
	if e := settled.Spans.Ended; e.Exact || e.Value != before.Value || e.Low != before.Low || e.High != before.High+excess {
		t.Errorf("ended is %+v, was %+v; %v spans too few", e, before, excess)
	}
	if d := settled.Spans.Dropped; d.Exact || d.High != 20_000 || d.Low != 20_000-excess {
		t.Errorf("dropped is %+v", d)
	}
	if settled.Spans.Started.Value != started || settled.Silences("span-drop") == "" || settled.Silences("export-slow") != "" {
		t.Errorf("started is %+v, silenced: %q, %q", settled.Spans.Started, settled.Silences("span-drop"), settled.Silences("export-slow"))
	}
	if len(settled.Findings) != 1 || settled.Findings[0].ID != "export-slow" || !slices.Equal(settled.Judged, []string{"export-slow"}) {
		t.Errorf("findings are %v, judged are %v", settled.Findings, settled.Judged)
	}
	if why := settled.Why("findings.span-drop"); !strings.Contains(why, report.Contradictory) {
		t.Errorf("span-drop is not judged for the reason %q", why)
	}
	if before.Exact != r.Spans.Ended.Exact || len(r.Findings) != 2 {
		t.Error("settling changed the report that it was given")
	}
	for _, check := range checklist.Of(settled).Checks {
		if slices.Contains([]string{"load", "degradation"}, check.ID) && check.Verdict != checklist.Unknown {
			t.Errorf("%s is %s: %s", check.ID, check.Verdict, check.Evidence)
		}
	}
}

// TestSettledBeyondNumbers has figures whose sums are no numbers.
func TestSettledBeyondNumbers(t *testing.T) {
	var r report.Report
	huge := estimate.Around(1.7e308, 0, 9)
	r.Spans.Exported, r.Spans.Failed, r.Spans.Dropped, r.Spans.Ended = huge, huge, huge, estimate.Counted(1)
	text, err := json.Marshal(r.Settled())
	if err != nil {
		t.Errorf("%v: %s", err, text)
	}
}

// TestMalformed has estimates outside of their own interval.
func TestMalformed(t *testing.T) {
	r := report.Report{Leaks: []report.Leak{{HeldSpans: &estimate.Estimate{Value: 2, Low: 3, High: 4}}}}
	r.Spans.Failed = &estimate.Estimate{Value: 2, Low: 1, High: 4, Exact: true}
	mended := r.Finite()
	if held := mended.Leaks[0].HeldSpans; held.Low != 2 || held.High != 4 {
		t.Errorf("held spans are %+v", held)
	}
	if failed := mended.Spans.Failed; failed.Exact || failed.Low != 1 || failed.High != 4 {
		t.Errorf("failed is %+v", failed)
	}
	for _, path := range []string{"leaks.held_spans", "spans.failed"} {
		if !report.Gaps(mended.Doubted).Has(path) {
			t.Errorf("%s is not doubted: %v", path, mended.Doubted)
		}
	}
}
