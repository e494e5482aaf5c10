package view

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

// TestPastFindings has a finding that is past, and a symptom, in all views.
func TestPastFindings(t *testing.T) {
	r := complete().Total
	began := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	r.Findings = []report.Finding{
		{ID: "queue-backlog", Severity: "critical", State: report.Past, Since: began, Until: began.Add(time.Minute), Title: "the queue stays 98 % full"},
		{ID: "span-drop", Severity: "warning", State: report.Holds, Since: began, Because: "export-errors", Title: "3 % of ended spans are dropped"},
	}
	if sorted := bySeverity(r.Findings); sorted[0].ID != "span-drop" {
		t.Errorf("%q is first, want the one that holds", sorted[0].ID)
	}
	if past := findingInFull(r.Findings[0]); past[0].style != quiet {
		t.Errorf("%+v, want it dimmed", past[0])
	}
	if worst := frame(report.Frame{Total: r}).worst(); worst != "span-drop" {
		t.Errorf("the table of targets shows %q, want what holds", worst)
	}
	var text, html bytes.Buffer
	if err := Summary(&text, r, Screen{Width: 200}); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&html, []report.Timeline{{Total: r}}, ""); err != nil {
		t.Fatal(err)
	}
	for in, wants := range map[*bytes.Buffer][]string{
		&text: {"(past: 2026-11-30 12:00:00 to 12:01:00 UTC)", "(because of export-errors)"},
		&html: {`finding critical past`, "From 2026-11-30 12:00:00 UTC to 2026-11-30 12:01:00 UTC.", "Because of <code>export-errors</code>"},
	} {
		if missing := slices.DeleteFunc(wants, func(s string) bool { return strings.Contains(in.String(), s) }); len(missing) > 0 {
			t.Errorf("%q is not in\n%s", missing, in)
		}
	}
}
