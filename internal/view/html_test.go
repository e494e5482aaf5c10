package view

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	standard "html"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
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
	golden.Equal(t, "report.html", withoutScript(html(t, []report.Timeline{sampled()}, "")))
}

// sampled is course with stacks.
func sampled() report.Timeline {
	c := course()
	c.Samples = snapshot.Samples{Hz: 100, Stacks: []snapshot.Stack{
		testsnapshot.Stack(20, "runtime.mallocgc", startOfSpan, "main.handle", "main.main"),
		testsnapshot.Stack(7, "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End", "main.handle", "main.main"),
		testsnapshot.Stack(300, "main.hash", "main.handle", "main.main"),
	}}
	return c
}

const startOfSpan = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"

// withoutScript removes the page's script and its hash, which change with the library.
func withoutScript(page string) string {
	page = regexp.MustCompile(`sha256-[^&']*`).ReplaceAllString(page, "sha256-")
	return regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "<script></script>")
}

// TestHTMLIsClosed reads pages as XML, in which every element must be closed.
func TestHTMLIsClosed(t *testing.T) {
	pages := map[string][]report.Timeline{
		"complete": {sampled()}, "several": {course(), {Total: losing().Total}}, "unmeasured": {{Total: unmeasured().Total}},
		"none": nil, "processors": {{Total: severalProcessors().Total}},
	}
	void := regexp.MustCompile(`<(meta|br|input)([^>]*)>`)
	for name, courses := range pages {
		page := void.ReplaceAllString(withoutScript(html(t, courses, "cut off")), "<$1$2/>")
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

// TestHTMLNeedsNothingElse allows no address to load anything from, and no script but
// otwatch's own, which the page's policy names.
func TestHTMLNeedsNothingElse(t *testing.T) {
	page := html(t, []report.Timeline{sampled(), sampled()}, "")
	hash := sha256.Sum256([]byte(regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindStringSubmatch(page)[1]))
	if policy := "script-src &#39;sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "&#39;"; !strings.Contains(standard.UnescapeString(page), standard.UnescapeString(policy)) {
		t.Errorf("the page's policy does not name the hash of its script, %s", policy)
	}
	page = withoutScript(page)
	for _, loads := range []string{"src=", "<link", "@import", "url("} {
		if strings.Contains(page, loads) {
			t.Errorf("the page has %q", loads)
		}
	}
	if scripts, data := strings.Count(page, "<script>"), strings.Count(page, `<script type="application/json"`); scripts != 1 || data != 2 || strings.Count(page, "<script") != 3 {
		t.Errorf("%d scripts and %d of data, want 1 and one a target", scripts, data)
	}
	if strings.Contains(html(t, []report.Timeline{course()}, ""), "<script") {
		t.Error("a page without flame graphs has a script")
	}
}

// TestHTMLShowsNoMarkupOfTheTarget has HTML as the name of a service, a span and a
// function.
func TestHTMLShowsNoMarkupOfTheTarget(t *testing.T) {
	const markup = "<img src=x onerror=alert(1)>\x1b[2J"
	c := sampled()
	c.Samples.Stacks = append(c.Samples.Stacks, testsnapshot.Stack(100, startOfSpan, "main."+markup+"</script><script>alert(2)</script><!--", "main.main"))
	c.Total.Target.ServiceName, c.Total.Target.Exe = markup, markup
	c.Total.Names = []report.Name{{Name: markup, Scope: markup}}
	c.Total.Attributes = []report.Attribute{{Key: markup, New: estimate.New(1, 1)}}
	c.Total.Sites = []report.Site{{Function: markup, File: markup}}
	c.Total.Findings = []report.Finding{{ID: "x", Title: markup, Advice: []report.Advice{{Title: markup, Env: map[string]string{"A": markup}}}}}
	page := withoutScript(html(t, []report.Timeline{c}, markup))
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<!--") || strings.Contains(page, "<img") || strings.Contains(page, "onerror=alert(1)>") || strings.Contains(page, "\x1b") {
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

// TestFlamesAreSmall: with names as long as they can be, a target's graphs leave a page of
// one target below 300 kB.
func TestFlamesAreSmall(t *testing.T) {
	c := course()
	for i := range 5000 {
		c.Samples.Stacks = append(c.Samples.Stacks, testsnapshot.Stack(uint64(1+i%5), startOfSpan, fmt.Sprintf("main.%d%s", i, strings.Repeat("<", 250)), "main.main"))
	}
	page := html(t, []report.Timeline{c}, "")
	if len(page) > 300_000 || !strings.Contains(page, "too small to be shown") {
		t.Errorf("%d bytes, or nothing is left out", len(page))
	}
	t.Logf("%d bytes, of which the script is %d", len(page), len(pageScript))
}

// TestFlamesNeedSamples has fewer of them than a graph needs.
func TestFlamesNeedSamples(t *testing.T) {
	c := sampled()
	c.Samples.Stacks = c.Samples.Stacks[:2]
	if page := html(t, []report.Timeline{c}, ""); strings.Contains(page, "Flame graphs") {
		t.Error("there is a flame graph of 27 samples")
	}
}
