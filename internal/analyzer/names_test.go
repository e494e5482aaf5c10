package analyzer

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
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
