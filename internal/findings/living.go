package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// livingGrowth is how the number of living components of one kind has grown, by the readings of
// the list of goroutines.
type livingGrowth struct {
	kind          string
	before, after *estimate.Estimate
	per           time.Duration
}

// growingKinds are the kinds of components of which there were ever more: from the first reading
// of the list to the last, in the later half of that time, and still. Only components whose
// goroutines are OpenTelemetry's own are among them: connections are the whole program's.
func growingKinds(g snapshot.Goroutines) (growing []livingGrowth) {
	const fewest = 3 // readings
	n := len(g.Readings)
	if n < fewest || g.Readings[n-1].At.Sub(g.Readings[0].At) < minBuilding {
		return nil
	}
	first, middle, before, last := g.Readings[0], g.Readings[n/2], g.Readings[n-2], g.Readings[n-1]
	for _, living := range last.Living {
		if !slices.Contains(ownGoroutine, living.Kind) {
			continue
		}
		at := func(r snapshot.GoroutineReading) *estimate.Estimate { return analyzer.LivingAt(r, living.Kind) }
		more := at(last).Low - at(first).High
		if more >= minLiving && at(last).Low-at(middle).High >= laterShare*more && at(last).Low > at(before).High {
			growing = append(growing, livingGrowth{living.Kind, at(first), at(last), last.At.Sub(first.At)})
		}
	}
	return growing
}

// perSecond is how many there are more each second.
func (l livingGrowth) perSecond() float64 { return (l.after.Value - l.before.Value) / l.per.Seconds() }

// shown is a number of components, as far as it is known.
func shown(e *estimate.Estimate) string {
	if e.Exact {
		return fmt.Sprintf("%.0f", e.Value)
	}
	return fmt.Sprintf("about %.0f (%.0f to %.0f)", e.Value, e.Low, e.High)
}

// lastReading is the last reading of the list of goroutines; ok is false if there is none.
func lastReading(g snapshot.Goroutines) (last snapshot.GoroutineReading, ok bool) {
	if len(g.Readings) == 0 {
		return snapshot.GoroutineReading{}, false
	}
	return g.Readings[len(g.Readings)-1], true
}

// livingGrows names a kind of component of which there are ever more.
func livingGrows(s facts) (filler, bool) {
	growing := growingKinds(s.Last().Goroutines)
	if len(growing) == 0 {
		return filler{}, false
	}
	g := growing[0]
	return filler{
		fmt.Sprintf("; the number of %ss grows: %s → %s", g.kind, shown(g.before), shown(g.after)),
		fmt.Sprintf("build what each %s belongs to once per program, or shut it down when it is no longer needed: until then, it stays in memory", g.kind),
	}, true
}
