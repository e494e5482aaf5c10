package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
)

// building is how long the building of components has been observed in this interval, while
// the probes were in place that are removed by now.
type building struct {
	from     time.Time // the start of the interval
	observed time.Duration
}

// shut takes in that the probes have been removed, and that hits counted from one moment to
// another.
func (b *building) shut(since, until time.Time) {
	b.observed += max(0, until.Sub(later(since, b.from)))
}

// take ends the interval: the probes have been in place since a moment, which is zero if they
// are not.
func (b *building) take(since, now time.Time) time.Duration {
	if !since.IsZero() {
		b.shut(since, now)
	}
	observed := b.observed
	b.from, b.observed = now, 0
	return observed
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// observeBuilding passes on how long the building of components was observed in the interval.
func (w *Watcher) observeBuilding(usage probes.Usage, whole bool, lost uint64, now time.Time) {
	until := w.windows.countedUntil(probes.Components, usage)
	if until.After(now) {
		until = now
	}
	w.builds.Observe(w.windows.building.take(w.windows.groups[probes.Components].since, until), whole && lost == 0)
}
