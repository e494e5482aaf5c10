package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
)

// pages are the pages of a host by name.
func pages(t *testing.T, courses ...report.Timeline) map[string]string {
	t.Helper()
	var frames []report.Frame
	for _, c := range courses {
		frames = append(frames, report.Frame{Total: c.Total, Recent: c.Total})
	}
	var index, target, ended strings.Builder
	for _, err := range []error{Index(&index, "host-1", frames), TargetPage(&target, courses[0], ""), TargetPage(&ended, courses[0], "ended")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"index": index.String(), "target": target.String(), "ended": ended.String()}
}

// TestPagesKeepToTheirPolicy have no inline script and style, and load nothing from
// elsewhere.
func TestPagesKeepToTheirPolicy(t *testing.T) {
	for name, page := range pages(t, course(), report.Timeline{Total: losing().Total}, report.Timeline{Total: unmeasured().Total}) {
		for _, inline := range []string{"style=", "<style", "onclick", "http:", "https:", "//"} {
			if strings.Contains(page, inline) {
				t.Errorf("%s has %q", name, inline)
			}
		}
		if scripts := strings.Count(page, "<script"); scripts != 1 || !strings.Contains(page, `<script src="/live.js" defer></script>`) {
			t.Errorf("%s has %d scripts", name, scripts)
		}
	}
}

// TestPagesShowNoMarkupOfTheTarget, whatever it calls itself.
func TestPagesShowNoMarkupOfTheTarget(t *testing.T) {
	const markup = `"><img src=x onerror=alert(1)>` + "\x1b[2J\u202e"
	c := course()
	c.Total.Target.ServiceName, c.Total.Target.Exe = markup, markup
	c.Total.Findings = []report.Finding{{ID: markup, Severity: "critical", Title: markup}}
	for name, page := range pages(t, c) {
		if strings.Contains(page, "<img") || strings.ContainsAny(page, "\x1b\u202e") || !strings.Contains(page, "&lt;img src=x") {
			t.Errorf("%s has what the target says as markup, or not at all", name)
		}
	}
}

// TestIndex links every target to its page, and names the worst finding that holds.
func TestIndex(t *testing.T) {
	c := course()
	c.Total.Target.PID, c.Total.Target.Origin.StartTicks = 4711, 99
	c.Total.Findings = []report.Finding{
		{ID: "sampling-high", Severity: "warning"}, {ID: "span-drop", Severity: "critical"}, {ID: "export-slow", Severity: "critical", State: report.Past},
	}
	page := pages(t, c)["index"]
	for _, want := range []string{`href="/target/4711-99"`, "host-1", ">critical</span> span-drop", "+1<", "1 target"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
	var empty strings.Builder
	if err := Index(&empty, "host-1", nil); err != nil || !strings.Contains(empty.String(), "No process is watched yet") {
		t.Errorf("without targets: %v\n%s", err, empty.String())
	}
}

// TestTargetPageIsSmall: 300 kB at most, with everything that a report lists.
func TestTargetPageIsSmall(t *testing.T) {
	c := course()
	for range 20 {
		c.Total.Names = append(c.Total.Names, report.Name{Name: strings.Repeat("n", 255), Scope: strings.Repeat("s", 255)})
		c.Total.Sites = append(c.Total.Sites, report.Site{Function: strings.Repeat("f", 255), File: strings.Repeat("d", 255)})
	}
	page := pages(t, c)["target"]
	if len(page) > 300_000 {
		t.Errorf("%d bytes", len(page))
	}
	t.Logf("%d bytes", len(page))
}
