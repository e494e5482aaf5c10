package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestFlameGraphs opens the page of report --output html in a real browser: the flame graphs
// are there, a click zooms, a search marks, the tooltip has the share and its interval, and
// a function's name that is markup is shown as text. OTWATCH_PICTURES is as in TestLivePage.
func TestFlameGraphs(t *testing.T) {
	otwatch := build(t, "./cmd/otwatch")
	page := filepath.Join(t.TempDir(), "report.html")
	html, err := exec.Command(otwatch, "report", "--output", "html", recordingOf(t, sampledService())).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, html, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("the page has %d bytes", len(html))

	b := newBrowser(t)
	b.open(t, "file://"+page)
	b.until(t, "the page is scrolled to the graphs", `(document.querySelector(".flames").scrollIntoView(), true)`)
	b.until(t, "both graphs are drawn", `[0, 1].every((i) => frame(i, "main.serve"))`)
	b.until(t, "the first begins with stages", `frame(0, "create") && frame(0, "end") && !frame(0, "main.hash")`)
	b.until(t, "names have become text", `frame(1, "<img src=x")`)
	b.pictures(t, "flames")

	b.until(t, "the pointer is over a function", `hover(frame(1, "main.hash"), "mouseover")`)
	want := estimate.Proportion(0.5, 1000)
	share := fmt.Sprintf("50 %% (%s–%s) of the process's CPU · 500 of 1,000 samples", estimate.PercentDigits(want.Low), estimate.PercentDigits(want.High))
	b.until(t, "the tooltip has its share", fmt.Sprintf(`!document.querySelector(".tip").hidden && text(".tip").includes(%q)`, share))
	b.until(t, "it goes", `(hover(frame(1, "main.hash"), "mouseout"), document.querySelector(".tip").hidden)`)

	b.until(t, "a function is clicked", `hover(frame(1, "main.hash"), "click")`)
	b.until(t, "it is as wide as the graph", `wide(frame(1, "main.hash")) && !frame(1, "Start")`)
	b.until(t, "the line below says so", `places()[1].parentElement.querySelector(".zoomed").textContent.startsWith("main.hash: 50 %")`)
	b.until(t, "the zoom is reset", `(places()[1].parentElement.querySelector("button").click(), true)`)
	b.until(t, "it is as wide as before", `!wide(frame(1, "main.hash")) && frame(1, "Start")`)

	b.until(t, "a search is typed", `search(1, "RECORDINGspan).e")`)
	b.until(t, "what it finds is marked", `marked(1).length === 1 && marked(1)[0].includes("End")`)
	b.until(t, "its share is shown", `places()[1].parentElement.querySelector(".found").textContent.startsWith("1 found: 5 %")`)
	b.until(t, "a search for no expression", `search(1, "(*[") && places()[1].parentElement.querySelector(".found").textContent === "none found"`)
	b.until(t, "the search is cleared", `search(1, "") && marked(1).length === 0`)
	b.until(t, "no name has become markup", `document.images.length === 0`)
	for _, complaint := range b.complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
}

// sampledService has 1,000 samples: half in main.hash, 5 % where spans end.
func sampledService() []snapshot.Stack {
	const trace = "go.opentelemetry.io/otel/sdk/trace."
	serve := []string{"main.serve", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve", "runtime.goexit"}
	below := func(n uint64, functions ...string) snapshot.Stack {
		return testsnapshot.Stack(n, append(functions, serve...)...)
	}
	return []snapshot.Stack{
		below(500, "main.hash"),
		below(60, "main.render[go.shape.struct { main.a; main.b }]", "html/template.(*Template).Execute"),
		below(40, "main."+hostileName),
		below(100, "runtime.mallocgc", "runtime.newobject", trace+"(*tracer).newRecordingSpan", trace+"(*tracer).newSpan", trace+"(*tracer).Start"),
		below(50, trace+"(*tracer).newSpan", trace+"(*tracer).Start"),
		below(50, "runtime.nanotime1", trace+"(*recordingSpan).End"),
		below(40, "runtime.mallocgc", "go.opentelemetry.io/otel/attribute.String"),
		below(30, "go.opentelemetry.io/otel/sdk/metric.(*int64Inst).Add"),
		testsnapshot.Stack(60, "runtime.selectgo", trace+"(*batchSpanProcessor).processQueue", trace+"NewBatchSpanProcessor.func1", "runtime.goexit"),
		testsnapshot.Stack(70, "runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker"),
	}
}

// recordingOf is the file of a recording with these samples.
func recordingOf(t *testing.T, stacks []snapshot.Stack) string {
	t.Helper()
	var b strings.Builder
	w, err := recording.NewWriter(&b, recording.Header{Version: "v1", CPUs: 2}, recording.Limit)
	if err != nil {
		t.Fatal(err)
	}
	s := testsnapshot.Busy()
	s.Samples = snapshot.Samples{Hz: 100, Stacks: stacks}
	if err := w.Write(s, report.Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "service.rec")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
