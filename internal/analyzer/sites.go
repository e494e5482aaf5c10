package analyzer

import (
	"cmp"
	"maps"
	"slices"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxSites is how many call sites a report names.
const maxSites = 20

// place counts the samples of one site, in all and by stage.
type place struct {
	samples uint64
	stages  map[string]uint64
}

// sites are the lines of the application under which tracing's own frames were
// sampled most, the costliest first. What tracing makes others do has no line,
// nor has what it does on goroutines of its own.
func sites(stacks []snapshot.Stack, g *gaps) []Site {
	sites := []Site{}
	if g.has("cpu.tracing") {
		g.add("sites", "they are parts of cpu.tracing, which is not known")
		return sites
	}
	places, kept := map[snapshot.Frame]place{}, uint64(0)
	for _, stack := range stacks {
		kept += stack.Count
		v := verdicts.of(stack)
		if v.class == tracing && v.site >= 0 && v.site < len(stack.Frames) { // two stacks may share an ID
			at := *stack.Frames[v.site]
			places[at] = places[at].add(v.stage, stack.Count)
		}
	}
	for at, p := range places {
		share := estimate.Proportion(float64(p.samples)/float64(kept), kept)
		sites = append(sites, Site{Function: at.Function, File: at.File, Line: at.Line, Share: share, Stage: p.stage()})
	}
	slices.SortFunc(sites, func(a, b Site) int {
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

func (p place) add(stage string, samples uint64) place {
	if p.stages == nil {
		p.stages = map[string]uint64{}
	}
	p.samples += samples
	p.stages[stage] += samples
	return p
}

// stage is the one with most samples, of several the first by name.
func (p place) stage() string {
	return slices.MaxFunc(slices.Sorted(maps.Keys(p.stages)), func(a, b string) int { return cmp.Compare(p.stages[a], p.stages[b]) })
}
