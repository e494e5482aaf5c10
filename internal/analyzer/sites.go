package analyzer

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxSites is how many call sites a report names.
const maxSites = 20

// sites are the lines of the application under which tracing's own frames were
// sampled most, the costliest first. What tracing makes others do has no line,
// nor has what it does on goroutines of its own.
func sites(c census, g *gaps) []report.Site {
	sites := []report.Site{}
	if g.has("cpu.tracing") {
		g.add("sites", "call sites are parts of cpu.tracing, which is unknown")
		return sites
	}
	if c.trimmed {
		g.add("sites.others", "too many lines of the program call tracing; those with the fewest samples were left out")
	}
	lines := map[snapshot.Frame]map[string]uint64{} // samples by stage
	for at, n := range c.places {
		if lines[at.line] == nil {
			lines[at.line] = map[string]uint64{}
		}
		lines[at.line][at.stage] = n
	}
	for line, stages := range lines {
		share := estimate.Proportion(c.share(total(stages)), c.kept)
		sites = append(sites, report.Site{Function: line.Function, File: line.File, Line: line.Line, Share: share, Stage: most(stages)})
	}
	slices.SortFunc(sites, func(a, b report.Site) int {
		return cmp.Or(cmp.Compare(b.Share.Value, a.Share.Value), cmp.Compare(a.Function, b.Function),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return sites[:min(len(sites), maxSites)]
}

// siteOf is the index of the innermost frame of the application, which is where
// it called what works for it; -1 if there is none. Servers' and other
// libraries' loops are nobody's line.
func siteOf(frames []*snapshot.Frame) int {
	return slices.IndexFunc(frames, func(f *snapshot.Frame) bool {
		k := lookup(f.Function)
		return k.class == application && !k.root
	})
}
