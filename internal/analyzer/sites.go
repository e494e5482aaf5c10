package analyzer

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxSites is how many call sites a report lists at most.
const maxSites = 20

// sites are the lines of the application with the most samples of tracing's own work below
// them. Indirect work and tracing's own goroutines have no line.
func sites(c classify.Counts, g *report.Gaps) []report.Site {
	sites := []report.Site{}
	if g.Has("cpu.tracing") {
		g.Add("sites", "call sites are parts of cpu.tracing, which is unknown")
		return sites
	}
	if c.LinesDropped {
		g.Add("sites.others", "too many lines of the program call tracing; those with the fewest samples were left out")
	}
	lines := map[snapshot.Frame]classify.ByName{} // samples by stage
	for at, n := range c.Lines {
		if lines[at.Frame] == nil {
			lines[at.Frame] = classify.ByName{}
		}
		lines[at.Frame][at.Stage] = n
	}
	for line, stages := range lines {
		share := estimate.Proportion(c.Share(stages.Total()), c.Samples)
		sites = append(sites, report.Site{Function: line.Function, File: line.File, Line: line.Line, Module: line.Module(), Share: share, Stage: stages.Most()})
	}
	slices.SortFunc(sites, func(a, b report.Site) int {
		return cmp.Or(cmp.Compare(b.Share.Value, a.Share.Value), cmp.Compare(a.Function, b.Function),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return sites[:min(len(sites), maxSites)]
}
