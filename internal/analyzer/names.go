package analyzer

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// BusiestNames is how many names a report lists at most.
const BusiestNames = 20

// names are the most frequent span names, by their share of the spans that were read.
func names(s snapshot.Snapshot, g *report.Gaps) []report.Name {
	list := []report.Name{}
	if g.Has("names") {
		return list
	}
	total := s.Names.Total()
	if total.Spans == 0 {
		g.Add("names", "no sampled span has ended in a window in which spans are read")
		return list
	}
	shareOf := sharesRead(s.Names)
	for _, n := range Busiest(s.Names.List) {
		list = append(list, report.Name{
			Scope: n.Scope, Name: n.Name, Share: shareOf(n.Spans),
			AttributesPerSpan: estimate.Ratio(n.Attributes, n.Spans),
		})
	}
	return list
}

// Busiest are the most frequent names.
func Busiest(names []snapshot.Name) []snapshot.Name {
	sorted := slices.SortedFunc(slices.Values(names), func(a, b snapshot.Name) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
	})
	return sorted[:min(BusiestNames, len(sorted))]
}

// sharesRead returns a function from a weight to its share of all spans that were read.
func sharesRead(n snapshot.Names) func(weight uint64) *estimate.Estimate {
	total, observations := n.Total().Spans, max(1, n.Effective())
	return func(weight uint64) *estimate.Estimate {
		return estimate.Proportion(min(1, estimate.Ratio(weight, total)), observations)
	}
}
