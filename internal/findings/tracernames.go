package findings

import (
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const fixedTracerNames = "give each tracer a fixed name, such as the import path of its package, and put what varies into attributes: " +
	"the provider keeps a tracer for each name forever"

// tracersVary reports whether it is the names of tracers that are many, not those of spans:
// the busiest tracers have few of the spans, and the busiest span names have most.
func tracersVary(names []snapshot.Name) bool {
	_, ofTracers := busiest(names, tracerName)
	_, ofSpans := busiest(names, spanName)
	return ofTracers < rareNames && ofSpans >= rareClears
}

func tracerName(n snapshot.Name) string { return n.Scope }
func spanName(n snapshot.Name) string   { return n.Name }

// busiest is how many different names there are, and the share of the spans that the busiest
// of them have.
func busiest(names []snapshot.Name, of func(snapshot.Name) string) (different int, share float64) {
	spans := map[string]uint64{}
	var total, covered uint64
	for _, n := range names {
		spans[of(n)] += n.Spans
		total += n.Spans
	}
	var sorted []uint64
	for _, n := range spans {
		sorted = append(sorted, n)
	}
	slices.Sort(sorted)
	for _, n := range sorted[max(0, len(sorted)-fullList):] {
		covered += n
	}
	return len(spans), estimate.Ratio(covered, total)
}
