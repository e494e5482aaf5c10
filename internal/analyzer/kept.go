package analyzer

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// kept are the slices and maps in which processors and exporters keep spans.
func kept(s snapshot.Kept, g *report.Gaps) []report.Kept {
	lists := []report.Kept{}
	if !s.Looked {
		g.Add("kept", "no span processor has been found in the process's memory")
		return lists
	}
	if s.Cut {
		g.Add("kept.others", "what processors and exporters lead to is too much to look at all of it")
	}
	for _, l := range s.Lists {
		list := report.Kept{Where: l.Where, Of: l.Of, Entries: l.Entries}
		if l.Rising >= leastGrowing {
			growth := l.PerSecond() * 60
			list.GrowthPerMinute = &growth
		} else {
			g.Add("kept.growth_per_minute", "needs ten seconds since the first reading, or since it was last seen to shrink")
		}
		if list.Open = OpenShare(l); list.Open == nil {
			g.Add("kept.open", "the elements are of a type in which otwatch does not find spans")
		}
		lists = append(lists, list)
	}
	return lists
}

// OpenShare is the share of a list's spans that have not ended; nil if that is not known.
func OpenShare(l snapshot.KeptList) *estimate.Estimate {
	switch {
	case l.Exported:
		return estimate.Counted(0)
	case l.Read == 0:
		return nil
	}
	return estimate.Proportion(estimate.Ratio(l.Open, l.Read), l.Read)
}
