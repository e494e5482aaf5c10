package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Gaps are the figures that cannot be claimed, each once, with the reason.
type Gaps []snapshot.Missing

// sections is the order in which gaps are listed: that of the report.
var sections = []string{"cpu", "spans", "queue", "processors", "export", "pipelines", "flushes", "memory", "alloc", "findings", "names", "scopes", "attributes", "sites", "request"}

// Has reports whether a figure, or one that it is part of, is missing.
func (g Gaps) Has(figure string) bool { return g.Why(figure) != "" }

// Why is the reason for which a figure is missing; "" if it is not.
func (g Gaps) Why(figure string) string {
	for _, m := range g {
		if m.Covers(figure) {
			return m.What + ": " + m.Why
		}
	}
	return ""
}

// Add notes a gap, unless the figure is known to be missing already.
func (g *Gaps) Add(figure, why string) {
	if !g.Has(figure) {
		*g = append(*g, snapshot.Missing{What: figure, Why: why})
	}
}

// Sorted returns the gaps in the order of the report.
func (g Gaps) Sorted() []snapshot.Missing {
	rank := func(m snapshot.Missing) int {
		section, _, _ := strings.Cut(m.What, ".")
		return slices.Index(sections, section)
	}
	slices.SortStableFunc(g, func(a, b snapshot.Missing) int { return cmp.Compare(rank(a), rank(b)) })
	return g
}
