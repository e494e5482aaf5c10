package analyzer

import (
	"cmp"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxComponents is how many sites a report has at most.
	maxComponents = 20
	// leastObserved is how long constructors must have been observed for a rate.
	leastObserved = time.Second
)

// components are the lines that build components of the SDK.
func components(b snapshot.Building, g *report.Gaps) []report.Component {
	list := []report.Component{}
	if b.Observed == 0 && len(b.Sites) == 0 {
		g.Add("components", "the building of components was not observed")
		return list
	}
	sites := slices.SortedStableFunc(slices.Values(b.Sites), func(x, y snapshot.BuildSite) int { return cmp.Compare(y.Living(), x.Living()) })
	for _, s := range sites[:min(len(sites), maxComponents)] {
		c := report.Component{
			Kind: s.Kind, Function: s.Site.Function, File: s.Site.File, Line: s.Site.Line, OwnCode: s.Own.String(),
			Site: s.Site.String(), Built: s.Built, ShutDown: s.Stopped, Alive: s.Living(), Exact: b.Exact(),
		}
		if b.Observed >= leastObserved {
			rate := float64(s.All()) / b.Observed.Seconds()
			c.BuiltPerSecond = &rate
			if s.Untracked == 0 {
				growth := float64(c.Alive) / b.Observed.Seconds()
				c.Growth = &growth
			}
		}
		list = append(list, c)
	}
	return list
}
