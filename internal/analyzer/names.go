package analyzer

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
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

// costsOfNames adds to the names what the samples show of functions that start spans of one name
// only: tracing's own work below them, on all their lines.
func costsOfNames(r *report.Report, s snapshot.Snapshot, c classify.Counts, g *report.Gaps) {
	starts := map[string]map[string]bool{}   // names by function
	startsIn := map[string]map[string]bool{} // functions by name
	note := func(m map[string]map[string]bool, key, value string) {
		if m[key] == nil {
			m[key] = map[string]bool{}
		}
		m[key][value] = true
	}
	for _, site := range s.Following.Sites {
		note(starts, site.Site.Function, site.SpanName) // of a line's other names, ""
		note(startsIn, site.SpanName, site.Site.Function)
	}
	samples := map[string]uint64{} // of tracing, by function
	for at, n := range c.Lines {
		samples[at.Frame.Function] += n
	}
	scopes := map[string]int{} // that have the name
	for _, n := range s.Names.List {
		scopes[n.Name]++
	}
	known := c.Samples >= minSamples && !c.LinesDropped && !g.Has("cpu.tracing")
	for i := range r.Names {
		n := &r.Names[i]
		functions := startsIn[n.Name]
		var sum uint64
		only := known && len(functions) > 0 && scopes[n.Name] == 1
		for function := range functions {
			only = only && len(starts[function]) == 1 && samples[function] > 0
			sum += samples[function]
		}
		if !only {
			g.Add("names.cpu_share", "needs 30 CPU samples, and functions of the application that were sampled and start spans of that name only, as far as spans were followed")
			g.Add("names.cost_us", "it is `names.cpu_share` divided by the spans")
			continue
		}
		n.CPUShare = estimate.Proportion(c.Share(sum), c.Samples)
		if r.Spans.Ended == nil || n.Share == nil || n.Share.Value*r.Spans.Ended.Value == 0 {
			g.Add("names.cost_us", "needs the number of spans ended")
			continue
		}
		n.CostUS = n.CPUShare.Times(r.CPU.ProcessSeconds * 1e6).Per(*r.Spans.Ended.By(*n.Share))
	}
}
