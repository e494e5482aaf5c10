package main

import (
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

func TestJudge(t *testing.T) {
	some := &estimate.Estimate{Value: 1}
	p := program{explained: []string{"hot-path", "sampling-high"}}
	right := func() report.Report {
		return report.Report{Spans: report.Spans{Ended: some, Exported: some}, Findings: []report.Finding{
			{ID: "sampling-high", Severity: "critical"}, {ID: "batch-config", Severity: "info"},
		}}
	}
	if got := p.judge(right()); len(got) > 0 {
		t.Errorf("a right report: %q", got)
	}
	for name, spoil := range map[string]func(*report.Report){
		"nothing seen":            func(r *report.Report) { r.Spans.Ended = nil },
		"nothing exported":        func(r *report.Report) { r.Spans.Exported = &estimate.Estimate{} },
		"a warning without cause": func(r *report.Report) { r.Findings[0].ID = "span-drop" },
	} {
		r := right()
		spoil(&r)
		if got := p.judge(r); len(got) != 1 {
			t.Errorf("%s: %q, want one complaint", name, got)
		}
	}
}
