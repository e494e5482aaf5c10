package analyzer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// figures is the order in which a report's gaps are listed: that of the report.
var figures = []string{"cpu", "spans", "queue", "processors", "export", "pipelines", "memory", "alloc", "findings", "names", "attributes", "sites", "request"}

// gaps collects the figures that cannot be claimed, each once, with a reason.
type gaps struct {
	missing []snapshot.Missing
}

// newGaps begins with what is known without looking at any figure.
func newGaps(s snapshot.Snapshot) *gaps {
	g := &gaps{missing: slices.Concat(s.Missing, s.Gaps, unmeasured)}
	switch {
	case len(s.Processors) == 0:
		const why = "no span processor of the SDK has been active since otwatch attached"
		g.add("processors", why)
		g.add("queue", why)
	case len(batching(s.Processors)) == 0:
		g.add("queue", "simple span processors have no queue, and no other processor has been seen")
	}
	if slices.ContainsFunc(s.Processors, func(p snapshot.Processor) bool { return p.Simple }) {
		g.add("processors.queue", "a simple span processor has no queue")
		g.add("processors.settings", "a simple span processor has no settings")
	}
	return g
}

// has reports whether a figure, or one that it is part of, is missing.
func (g *gaps) has(what string) bool {
	return slices.ContainsFunc(g.missing, func(m snapshot.Missing) bool { return m.Covers(what) })
}

// add notes a gap, unless the figure is known to be missing already.
func (g *gaps) add(what, why string) {
	if !g.has(what) {
		g.missing = append(g.missing, snapshot.Missing{What: what, Why: why})
	}
}

// list returns the gaps in the order of the report.
func (g *gaps) list() []snapshot.Missing {
	rank := func(m snapshot.Missing) int {
		section, _, _ := strings.Cut(m.What, ".")
		return slices.Index(figures, section)
	}
	slices.SortStableFunc(g.missing, func(a, b snapshot.Missing) int { return cmp.Compare(rank(a), rank(b)) })
	return g.missing
}
