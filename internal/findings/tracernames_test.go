package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestVaryingTracers has spans of one name from a new tracer each.
func TestVaryingTracers(t *testing.T) {
	var all []snapshot.Snapshot
	for n := range 20 {
		all = append(all, second(n, func(s *snapshot.Snapshot) {
			for i := range 100 {
				s.Names.Add(snapshot.Name{Scope: fmt.Sprint("request-", n, "-", i), Name: "call", Read: 1, Spans: 1})
			}
			s.Names.Squares = 100
		}))
	}
	got := judged(report.Limits{}, all...).Findings
	if len(got) != 1 || got[0].ID != "high-cardinality" || !strings.Contains(got[0].Title, "start spans of 1 name") || got[0].Advice[0].Title != fixedTracerNames {
		t.Errorf("%+v, want that tracer names vary, and one span name", got)
	}
}

// TestNamesNotJudged has text that is known to be short, and too few names.
func TestNamesNotJudged(t *testing.T) {
	brief := func(s *snapshot.Snapshot) {
		for range 20 {
			s.Texts.Add(30, 30)
		}
	}
	missing := judged(report.Limits{}, steadily(brief)...).Missing
	if !slices.ContainsFunc(missing, func(m snapshot.Missing) bool { return m.What == "findings.high-cardinality" }) {
		t.Errorf("missing %+v, want findings.high-cardinality: no name was read", missing)
	}
}
