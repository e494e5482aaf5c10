package analyzer

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func asJSON(t *testing.T, r report.Report) string {
	t.Helper()
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

func TestReportAsJSON(t *testing.T) {
	golden.Equal(t, "report.json", asJSON(t, Analyze(testsnapshot.Busy())))
}

// TestAnalyzeIsPure judges one Snapshot again and again.
func TestAnalyzeIsPure(t *testing.T) {
	unordered := func() snapshot.Snapshot {
		s := testsnapshot.Busy()
		s.Missing = []snapshot.Missing{{What: "sites", Why: "z"}, {What: "export.retried", Why: "y"}, {What: "alloc", Why: "x"}}
		s.Samples = snapshot.Samples{Hz: 199, Stacks: []snapshot.Stack{
			testsnapshot.Stack(700, "main.work", "main.main"),
			testsnapshot.Stack(51, "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End", "main.work"),
			testsnapshot.Stack(97, "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start", "main.work"),
			testsnapshot.Stack(61, "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).SetAttributes", "main.work"),
			testsnapshot.Stack(19, "go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue"),
			testsnapshot.Stack(7, "go.opentelemetry.io/otel/propagation.TraceContext.Inject", "main.work"),
			testsnapshot.Stack(53, "runtime.gcDrain", "runtime.gcBgMarkWorker"),
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
