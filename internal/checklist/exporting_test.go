package checklist

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestExporting(t *testing.T) {
	type change = func(*report.Report)
	missing := func(what, why string) change {
		return func(r *report.Report) { r.Missing = []snapshot.Missing{{What: what, Why: why}} }
	}
	tests := []struct {
		name   string
		change change
		want   string // the verdicts
		says   string
	}{
		{"all is well", func(*report.Report) {}, "pass pass pass", "9 of 9 exports"},
		{"some fail and are repeated", func(r *report.Report) { r.Export.Failed = 2 }, "pass pass pass", "7 of 9 exports"},
		{"none succeeds", func(r *report.Report) { r.Export.Failed = 9 }, "fail pass pass", "none of 9"},
		{"nothing was exported", func(r *report.Report) { r.Export.Operations = 0 }, "fail pass pass", "none of 0"},
		{"exports not counted", missing("export.operations", "no probes"), "unknown pass pass", "no probes"},
		{"discarded", func(r *report.Report) { r.Findings = []report.Finding{{ID: "not-exported", Title: "to nothing"}} }, "fail pass pass", "to nothing"},
		{"dropped", func(r *report.Report) { r.Spans.Dropped = estimate.Counted(52) }, "pass fail pass", "52 spans were dropped"},
		{"at exit", func(r *report.Report) { r.Spans.LostAtExit = estimate.Counted(7) }, "pass fail pass", "7 spans were lost when"},
		{"failures not known", func(r *report.Report) { r.Spans.Failed = nil }, "pass unknown pass", "spans.failed is not known"},
		{"a leak that has ended", func(r *report.Report) {
			r.Findings = []report.Finding{{ID: "components-leak", Title: "9 were built", State: report.Past}}
		}, "pass pass fail", "9 were built"},
		{"leaks not judged", missing("findings.components-leak", "not observed"), "pass pass unknown", "not observed"},
	}
	for _, test := range tests {
		var r report.Report
		r.Export.Operations = 9
		r.Spans.Dropped, r.Spans.Failed, r.Spans.LostAtExit = estimate.Counted(0), estimate.Counted(0), estimate.Counted(0)
		test.change(&r)
		var verdicts, evidence []string
		for _, c := range Exporting(r) {
			verdicts, evidence = append(verdicts, c.Verdict), append(evidence, c.Evidence)
		}
		if got := strings.Join(verdicts, " "); got != test.want || !strings.Contains(strings.Join(evidence, "; "), test.says) {
			t.Errorf("%s: %s because of %q, want %s because of %q", test.name, got, evidence, test.want, test.says)
		}
	}
}
