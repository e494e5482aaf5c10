package agent

import (
	"errors"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
)

const (
	// hotLease and standingLease are how much later than its next look an owner may
	// be before probes go, as where otwatch is stopped. While some stand on the path
	// of every span it looks ten times a second.
	hotLease      = 200 * time.Millisecond
	standingLease = 5 * time.Second
	// unlimitedLease is for probes without a budget, which may starve otwatch itself.
	unlimitedLease = 30 * time.Second
)

// slowness is how many times longer than usual things may last on this machine, by what
// a hit costs there. An emulated one is ten times as slow, and more.
func slowness(hit probes.Cost) time.Duration {
	const usual, most = 40 * time.Microsecond, 20
	return min(max(hit.Stepped/usual, 1), most)
}

// unattended is why a group's calls were not counted while its lease had run out.
const unattended = "otwatch was stopped or got too little CPU time for a while, and its probes were removed meanwhile"

// always reports whether a group is to be open all the time.
func (w *windows) always(group probes.Group) bool { return group.Standing() || w.unlimited }

// tend begins the groups' leases anew; next is when their owner looks again.
func (w *windows) tend(next time.Duration) {
	var leases probes.Leases
	slow := slowness(w.hit)
	for _, group := range probes.Groups {
		switch {
		case w.unlimited:
			leases[group] = next + slow*unlimitedLease
		case group.Standing() && !w.onTrial(group):
			leases[group] = next + slow*standingLease
		default:
			leases[group] = next + slow*hotLease
		}
	}
	w.probes.Lease(leases)
}

// lapsed returns the groups whose probes were removed as nobody looked after them.
func (w *windows) lapsed() (groups []probes.Group) {
	for _, group := range probes.Groups {
		if w.probes.LapsedNS(group) != 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// heldUntil is the moment up to which a group's probes were in place: when they lapsed,
// or a moment that has passed.
func (w *windows) heldUntil(group probes.Group, past time.Time) time.Time {
	lapsed := w.probes.LapsedNS(group)
	if lapsed == 0 {
		return past
	}
	at := time.Now().Add(-time.Duration(monotonicNS() - lapsed))
	if at.After(past) {
		return past
	}
	return at
}

// take reports whether a group was open all the time since a moment, at which it was
// last taken.
func (w *windows) take(group probes.Group, since, now time.Time) (whole bool) {
	g := &w.groups[group]
	if w.heldUntil(group, now).Before(now) {
		g.broken, g.lapsed = true, true
	}
	return g.take(since)
}

// clear shuts the groups that have lapsed, and returns them.
func (w *windows) clear(usage probes.Usage) ([]probes.Group, error) {
	lapsed := w.lapsed()
	err := w.shut(usage, lapsed...)
	for _, group := range lapsed {
		w.groups[group].lapsed = true
	}
	return lapsed, err
}

// restore opens groups that have lapsed, but for those whose next turn comes, and those
// that have spent what they may.
func (w *windows) restore(lapsed []probes.Group, usage probes.Usage, limits []time.Duration) error {
	var errs []error
	for _, group := range lapsed {
		limit := w.bound(group, limits[group])
		spent := usage.Spent[group] >= limit
		if group == probes.Exports && spent {
			w.groups[group].overBudget = true
		}
		turns := group == probes.Spans && !w.unlimited
		if !turns && !spent && !w.groups[group].overBudget {
			errs = append(errs, w.open(group, limit))
		}
	}
	return errors.Join(errs...)
}

// tellOfLapsed says which groups were not counted for some time.
func (w *Watcher) tellOfLapsed(lapsed []probes.Group) {
	for _, group := range lapsed {
		if w.windows.always(group) {
			w.config.Log.Warn("probes were removed temporarily: otwatch was stopped or got too little CPU time", "pid", w.process.PID, "probes", group)
		}
	}
	if slices.Contains(lapsed, probes.Collections) {
		w.follow.MissedCollections()
	}
}
