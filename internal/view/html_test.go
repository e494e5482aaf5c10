package view

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

func html(t *testing.T, courses []report.Timeline, warned string) string {
	t.Helper()
	var b strings.Builder
	if err := HTML(&b, courses, warned); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTML(t *testing.T) {
	golden.Equal(t, "report.html", html(t, []report.Timeline{course()}, ""))
}

// TestHTMLIsClosed reads pages as XML, in which every element must be closed.
func TestHTMLIsClosed(t *testing.T) {
	pages := map[string][]report.Timeline{
		"complete": {course()}, "several": {course(), {Total: losing().Total}}, "unmeasured": {{Total: unmeasured().Total}},
		"none": nil, "processors": {{Total: severalProcessors().Total}},
	}
	void := regexp.MustCompile(`<(meta|br)([^>]*)>`)
	for name, courses := range pages {
		page := void.ReplaceAllString(html(t, courses, "cut off"), "<$1$2/>")
		page = strings.Replace(page, "<!doctype html>", "", 1)
		decoder := xml.NewDecoder(strings.NewReader(page))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// TestHTMLNeedsNothingElse allows no scripts and no address to load anything from.
func TestHTMLNeedsNothingElse(t *testing.T) {
	page := html(t, []report.Timeline{course()}, "")
	for _, loads := range []string{"src=", "<link", "<script", "@import", "url("} {
		if strings.Contains(page, loads) {
			t.Errorf("the page has %q", loads)
		}
	}
}

// TestHTMLShowsNoMarkupOfTheTarget has HTML as the name of a service, a span and a
// function.
func TestHTMLShowsNoMarkupOfTheTarget(t *testing.T) {
	const markup = "<img src=x onerror=alert(1)>\x1b[2J"
	c := course()
	c.Total.Target.ServiceName, c.Total.Target.Exe = markup, markup
	c.Total.Names = []report.Name{{Name: markup, Scope: markup}}
	c.Total.Attributes = []report.Attribute{{Key: markup, New: estimate.New(1, 1)}}
	c.Total.Sites = []report.Site{{Function: markup, File: markup}}
	c.Total.Findings = []report.Finding{{ID: "x", Title: markup, Advice: []report.Advice{{Title: markup, Env: map[string]string{"A": markup}}}}}
	page := html(t, []report.Timeline{c}, markup)
	if strings.Contains(page, "<img") || strings.Contains(page, "onerror=alert(1)>") || strings.Contains(page, "\x1b") {
		t.Error("what the target says is markup in the page")
	}
}

func TestEvidence(t *testing.T) {
	tests := []struct {
		name  string
		value float64
		want  fact
	}{
		{"p50_ms", 12, fact{"p50", "12 ms"}},
		{"share_of_tracing", 0.5, fact{"share of tracing", "50 %"}},
		{"limit", 0.05, fact{"limit", "5 %"}},
		{"limit_ms", 1000, fact{"limit", "1 s"}},
		{"started_per_second", 400, fact{"started", "400/s"}},
		{"rss_bytes", 2e6, fact{"rss", "2.0 MB"}},
		{"seconds", 3, fact{"time", "3 s"}},
		{"exports", 41210, fact{"exports", "41,210"}},
	}
	for _, test := range tests {
		if got := evidence(test.name, test.value); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestHTMLShowsNoZeroForTheUnknown shows no number of exports if exports were not
// counted.
func TestHTMLShowsNoZeroForTheUnknown(t *testing.T) {
	page := html(t, []report.Timeline{{Total: unmeasured().Total}}, "")
	if !strings.Contains(page, "<dt>finished</dt><dd>–</dd>") || !strings.Contains(page, "<strong>–</strong>") {
		t.Error("what is not known is not shown as such")
	}
}
