package analyzer

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func TestNames(t *testing.T) {
	name := func(scope, name string, spans uint64) snapshot.Name {
		return snapshot.Name{Scope: scope, Name: name, Read: spans, Spans: spans, Attributes: 3 * spans}
	}
	tests := []struct {
		name  string
		names snapshot.Names
		want  []report.Name
	}{
		{"none read", snapshot.Names{}, []report.Name{}},
		{"the busiest first, then by scope and name", snapshot.Names{
			List: []snapshot.Name{name("b", "y", 10), name("b", "x", 10), name("a", "z", 10), name("c", "w", 70)}, Squares: 100,
		}, []report.Name{
			{Scope: "c", Name: "w", Share: estimate.Proportion(0.7, 100), AttributesPerSpan: 3}, {Scope: "a", Name: "z", Share: estimate.Proportion(0.1, 100), AttributesPerSpan: 3},
			{Scope: "b", Name: "x", Share: estimate.Proportion(0.1, 100), AttributesPerSpan: 3}, {Scope: "b", Name: "y", Share: estimate.Proportion(0.1, 100), AttributesPerSpan: 3},
		}},
		{"those that found no room are part of the whole", snapshot.Names{
			List: []snapshot.Name{name("a", "x", 25)}, Overflow: name("", "", 75), Squares: 100,
		}, []report.Name{{Scope: "a", Name: "x", Share: estimate.Proportion(0.25, 100), AttributesPerSpan: 3}}},
		{"each read one stands for ten", snapshot.Names{
			List: []snapshot.Name{{Name: "x", Read: 10, Spans: 100, Attributes: 250}}, Squares: 1000,
		}, []report.Name{{Scope: "", Name: "x", Share: estimate.Proportion(1, 10), AttributesPerSpan: 2.5}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Analyze(snapshot.Snapshot{Names: test.names})
			if diff := cmp.Diff(test.want, r.Names); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if g := report.Gaps(r.Missing); g.Has("names") != (len(test.want) == 0) {
				t.Errorf("missing %v", r.Missing)
			}
		})
	}
}

func TestTheBusiestNamesAreListed(t *testing.T) {
	var names snapshot.Names
	for i := range 50 {
		names.Add(snapshot.Name{Name: fmt.Sprintf("name %d", i), Read: 1, Spans: uint64(1 + i)})
		names.Squares++
	}
	got := Analyze(snapshot.Snapshot{Names: names}).Names
	if len(got) != BusiestNames || got[0].Name != "name 49" || got[BusiestNames-1].Name != "name 30" {
		t.Errorf("%d names, from %v to %v", len(got), got[0].Name, got[len(got)-1].Name)
	}
}

// TestCostsOfNames has a function that starts, fills and ends the spans of one name, one that starts
// two names, and a library whose samples have no line of the application.
func TestCostsOfNames(t *testing.T) {
	s := sampled("otlp_grpc_span_exporter",
		at(10, 100, "@sdk.(*tracer).Start < main.pay"), at(14, 60, "@sdk.(*recordingSpan).End < main.pay"),
		at(20, 90, "@sdk.(*tracer).Start < main.store"), at(30, 50, "@sdk.(*tracer).Start < @otelhttp.(*middleware).serveHTTP"),
		at(40, 700, "main.work"))
	s.Elapsed, s.Process.CPU = 10*time.Second, 5*time.Second
	s.Names = snapshot.Names{Squares: 1000}
	for _, name := range []string{"pay", "read", "write", "GET", "unseen"} {
		s.Names.List = append(s.Names.List, snapshot.Name{Scope: "shop", Name: name, Read: 200, Spans: 200})
	}
	s.Exports = []snapshot.Exporter{testsnapshot.Exporter(testsnapshot.ExporterA, "otlp_grpc_span_exporter", time.Millisecond)}
	s.Processors = []snapshot.Processor{{Exported: 5000}}
	for function, names := range map[string][]string{
		"main.pay": {"pay"}, "main.store": {"read", "write"}, "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.(*middleware).serveHTTP": {"GET"},
	} {
		for _, name := range names {
			s.Following.Sites = append(s.Following.Sites, snapshot.FollowedSite{Site: snapshot.Frame{Function: function}, SpanName: name})
		}
	}
	r := Analyze(s)
	for _, n := range r.Names {
		if n.Name != "pay" {
			if n.CPUShare != nil || n.CostUS != nil {
				t.Errorf("%s: %+v and %+v, want none", n.Name, n.CPUShare, n.CostUS)
			}
			continue
		}
		// 0.16 of 5 s are 800 ms, for a fifth of the spans.
		if n.CPUShare == nil || n.CPUShare.Value != 0.16 || n.CostUS == nil || math.Abs(n.CostUS.Value-800_000/(r.Spans.Ended.Value/5)) > 1 {
			t.Errorf("pay: %+v and %+v, of %+v spans", n.CPUShare, n.CostUS, r.Spans.Ended)
		}
	}
	if r.Known("names.cpu_share") || r.Known("names.cost_us") {
		t.Errorf("no reason is given in %v", r.Missing)
	}
}
