package analyzer

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func asJSON(t *testing.T, r Report) string {
	t.Helper()
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

func TestReportAsJSON(t *testing.T) { golden(t, "report.json", asJSON(t, Analyze(busy()))) }

// TestAnalyzeIsPure judges one Snapshot again and again.
func TestAnalyzeIsPure(t *testing.T) {
	unordered := func() snapshot.Snapshot {
		s := busy()
		s.Missing = []snapshot.Missing{{What: "sites", Why: "z"}, {What: "export.retried", Why: "y"}, {What: "alloc", Why: "x"}}
		s.Samples = snapshot.Samples{Hz: 199, Stacks: []snapshot.Stack{
			{Frames: []string{"main.work", "main.main"}, Count: 700},
			{Frames: []string{"go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End", "main.work"}, Count: 51},
			{Frames: []string{"go.opentelemetry.io/otel/sdk/trace.(*tracer).Start", "main.work"}, Count: 97},
			{Frames: []string{"go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).SetAttributes", "main.work"}, Count: 61},
			{Frames: []string{"go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue"}, Count: 19},
			{Frames: []string{"go.opentelemetry.io/otel/propagation.TraceContext.Inject", "main.work"}, Count: 7},
			{Frames: []string{"runtime.gcDrain", "runtime.gcBgMarkWorker"}, Count: 53},
		}}
		return s
	}
	s := unordered()
	want := asJSON(t, Analyze(s))
	for range 50 {
		if diff := cmp.Diff(want, asJSON(t, Analyze(s))); diff != "" {
			t.Fatalf("it says something else (-first +later):\n%s", diff)
		}
	}
	if diff := cmp.Diff(unordered(), s); diff != "" {
		t.Errorf("it modified the Snapshot (-before +after):\n%s", diff)
	}
}
