package analyzer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// shortened are short forms of the paths in the stacks below.
var shortened = strings.NewReplacer("@sdk.", "go.opentelemetry.io/otel/sdk/trace.", "@otel/", "go.opentelemetry.io/otel/",
	"@otelhttp.", "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.")

// at is a stack whose frames of package main are at a line.
func at(line int, n uint64, stack string) snapshot.Stack {
	s := testsnapshot.Stack(n, strings.Split(shortened.Replace(stack), " < ")...)
	for _, f := range s.Frames {
		if strings.HasPrefix(f.Function, "main.") {
			f.File, f.Line = "main.go", line
		}
	}
	return snapshot.NewStack(n, s.Frames...)
}

func TestSites(t *testing.T) {
	r := Analyze(sampled("otlp_grpc_span_exporter",
		at(10, 100, "@sdk.(*tracer).Start < main.work < main.main"),
		at(10, 60, "@otel/attribute.String < main.work < main.main"), // instrumentation, not tracing
		at(12, 150, "@sdk.(*recordingSpan).End < main.work < main.main"),
		at(20, 70, "runtime.mapassign_faststr < @otelhttp.(*middleware).serveHTTP < net/http.HandlerFunc.ServeHTTP < main.serve < net/http.(*conn).serve"),
		at(30, 50, "@sdk.(*tracer).Start < main.handler < net/http.HandlerFunc.ServeHTTP < @otelhttp.(*middleware).serveHTTP < main.serve"),
		at(0, 90, "runtime.mapassign < @otelhttp.(*middleware).serveHTTP < net/http.(*conn).serve < runtime.goexit"), // no application
		at(0, 80, "@sdk.(*batchSpanProcessor).processQueue < runtime.goexit"),
		at(40, 400, "main.work < main.main")))
	var got []string
	for _, s := range r.Sites {
		got = append(got, fmt.Sprintf("%s %s:%d %s %.3f", s.Function, s.File, s.Line, s.Stage, s.Share.Value))
		if s.Share.N != 1000 || s.Share.Low >= s.Share.Value || s.Share.High <= s.Share.Value {
			t.Errorf("share of %s: %+v", s.Function, s.Share)
		}
	}
	want := []string{
		"main.work main.go:12 end 0.150", "main.work main.go:10 create 0.100", "main.handler main.go:30 create 0.050",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSitesAreBoundedAndOrdered(t *testing.T) {
	var stacks []snapshot.Stack
	for line := range 3 * maxSites {
		stacks = append(stacks, at(line+1, 10, "@sdk.(*tracer).Start < main.work"))
	}
	first := Analyze(sampled("", stacks...)).Sites
	slices.Reverse(stacks)
	if diff := cmp.Diff(first, Analyze(sampled("", stacks...)).Sites); diff != "" || len(first) != maxSites || first[0].Line != 1 {
		t.Errorf("%d sites from line %d on; in another order:\n%s", len(first), first[0].Line, diff)
	}
}

func TestTooFewSamplesHaveNoSites(t *testing.T) {
	r := Analyze(sampled("", at(10, minSamples-1, "@sdk.(*tracer).Start < main.work")))
	if len(r.Sites) != 0 || !slices.ContainsFunc(r.Missing, func(m snapshot.Missing) bool { return m.What == "sites" }) {
		t.Errorf("sites %v, missing %v", r.Sites, r.Missing)
	}
}
