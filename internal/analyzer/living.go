package analyzer

import (
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// leastGrowing is how far apart two readings must be for a growth.
const leastGrowing = 10 * time.Second

// living are the components and connections that goroutines run.
func living(s snapshot.Goroutines, g *report.Gaps) []report.Living {
	list := []report.Living{}
	if len(s.Readings) == 0 {
		g.Add("living", "the list of goroutines was not read")
		return list
	}
	first, last := s.Readings[0], s.Readings[len(s.Readings)-1]
	elapsed := last.At.Sub(first.At)
	if elapsed < leastGrowing {
		g.Add("living.growth_per_minute", "needs readings of the list of goroutines that are ten seconds apart")
	}
	for _, kind := range last.Living {
		l := report.Living{Kind: kind.Kind, Count: LivingAt(last, kind.Kind)}
		if elapsed >= leastGrowing {
			l.GrowthPerMinute = l.Count.Minus(*LivingAt(first, kind.Kind)).Times(1 / elapsed.Minutes())
		}
		list = append(list, l)
	}
	return list
}

// LivingAt is how many components of a kind lived when the list of goroutines was read.
func LivingAt(r snapshot.GoroutineReading, kind string) *estimate.Estimate {
	return estimate.Drawn(r.Of(kind), r.Unknown, r.Looked, r.Listed)
}
