package agent

import (
	"errors"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
)

const (
	// hotLease and standingLease are how late an owner may be with its next look before its
	// probes are removed, as when otwatch is stopped. While probes are on the path of every
	// span the owner looks ten times a second.
	hotLease      = 200 * time.Millisecond
	standingLease = 5 * time.Second
	// unlimitedLease is for an unlimited budget, with which probes may starve otwatch itself.
	unlimitedLease = 30 * time.Second
)

// slowness is how many times slower than usual this machine is, by what a hit costs on it.
// An emulated machine is ten times as slow, or more.
func slowness(hit probes.Cost) time.Duration {
	const usual, most = 40 * time.Microsecond, 20
	return min(max(hit.Stepped/usual, 1), most)
}

// unattended is why a group's calls were not counted after its lease had run out.
const unattended = "otwatch was stopped or got too little CPU time for a while, and its probes were removed meanwhile"

// always reports whether a group should be open all the time.
func (w *windows) always(group probes.Group) bool { return group.Standing() || w.unlimited }

// renewLeases renews the leases of all groups; next is the time until their owner's next
// look.
func (w *windows) renewLeases(next time.Duration) {
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

// lapsed returns the groups whose leases have run out.
func (w *windows) lapsed() (groups []probes.Group) {
	for _, group := range probes.Groups {
		if w.probes.LapsedNS(group) != 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// heldUntil is the moment up to which a group's probes were in place: when its lease ran out,
// past at the latest.
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

// shutLapsed shuts the groups whose leases have run out, and returns them.
func (w *windows) shutLapsed(usage probes.Usage) ([]probes.Group, error) {
	lapsed := w.lapsed()
	err := w.shut(usage, lapsed...)
	for _, group := range lapsed {
		w.groups[group].lapsed = true
	}
	return lapsed, err
}

// restore opens groups again whose leases have run out, unless they open with the next cycle
// anyway or have spent their allowances.
func (w *windows) restore(lapsed []probes.Group, usage probes.Usage, limits []time.Duration) error {
	var errs []error
	for _, group := range lapsed {
		limit := w.bound(group, limits[group])
		spent := usage.Spent[group] >= limit
		if len(exactOf(group)) > 0 && spent {
			w.groups[group].overBudget = true
		}
		turns := group == probes.Spans && !w.unlimited
		if !turns && !spent && !w.groups[group].overBudget {
			errs = append(errs, w.open(group, limit))
		}
	}
	return errors.Join(errs...)
}

// logLapsed logs which groups were not counted for some time.
func (w *Watcher) logLapsed(lapsed []probes.Group) {
	for _, group := range lapsed {
		if w.windows.always(group) {
			w.config.Log.Warn("probes were removed temporarily: otwatch was stopped or got too little CPU time", "pid", w.process.PID, "probes", group)
		}
	}
	if slices.Contains(lapsed, probes.Collections) {
		w.follow.MissedCollections()
	}
}
