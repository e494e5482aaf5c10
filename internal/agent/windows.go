package agent

import (
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// windows keeps the groups of probes of one target open for as long as they
// may be: the exports' always, discovery for some hits, the spans' while the
// budget holds.
type windows struct {
	attachment *probes.Attachment
	hit        probes.Cost                   // what a hit is charged
	opened     uint64                        // since takeOpened was last called
	since      [len(probes.Groups)]time.Time // when a group was opened; zero if it is shut
	overBudget [len(probes.Groups)]bool      // shut by the budget, for good
	discovery  time.Duration                 // what discovery may have spent before it ends
}

func newWindows(attachment *probes.Attachment, hit probes.Cost) *windows {
	return &windows{attachment: attachment, hit: hit, discovery: discoveryHits * hit.Emulated}
}

// openAll opens every group within its limit. Exports come first, so that no
// span can be seen to end whose export is not.
func (w *windows) openAll(limits []time.Duration) error {
	for _, group := range probes.Groups {
		if err := w.attachment.Allow(group, w.bound(group, limits[group])); err != nil {
			return err
		}
		if err := w.open(group); err != nil {
			return err
		}
	}
	return nil
}

func (w *windows) open(group probes.Group) error {
	if w.attachment.IsOpen(group) {
		return nil
	}
	if err := w.attachment.Open(group); err != nil {
		return err
	}
	if w.attachment.IsOpen(group) {
		w.opened++
		w.since[group] = time.Now()
	}
	return nil
}

// bound is a group's limit: discovery ends by itself, the others by the budget.
func (w *windows) bound(group probes.Group, limit time.Duration) time.Duration {
	if group == probes.Discovery {
		return min(limit, w.discovery)
	}
	return limit
}

// discover opens discovery once more, for a processor newly seen. While it is
// open it is at work on that already.
func (w *windows) discover() error {
	if w.attachment.IsOpen(probes.Discovery) || w.overBudget[probes.Discovery] {
		return nil
	}
	usage, err := w.attachment.Usage()
	if err != nil {
		return err
	}
	w.discovery = usage.Spent[probes.Discovery] + discoveryHits*w.hit.Emulated
	if err := w.attachment.Allow(probes.Discovery, w.discovery); err != nil {
		return err
	}
	return w.open(probes.Discovery)
}

// balance shuts the groups that have reached their limit, sets the others', and
// returns those that the budget, not their own end, has shut.
func (w *windows) balance(usage probes.Usage, limits []time.Duration) ([]probes.Group, error) {
	var shut []probes.Group
	var errs []error
	for _, group := range probes.Groups {
		if !w.attachment.IsOpen(group) {
			continue
		}
		bound := w.bound(group, limits[group])
		if usage.Spent[group] < bound {
			errs = append(errs, w.attachment.Allow(group, bound))
			continue
		}
		errs = append(errs, w.attachment.Shut(group))
		w.since[group] = time.Time{}
		if group != probes.Discovery {
			w.overBudget[group] = true
			shut = append(shut, group)
		}
	}
	return shut, errors.Join(errs...)
}

// openSince returns for how long a group was open between two moments, and
// whether it was all the time.
func (w *windows) openSince(group probes.Group, from, to time.Time) (time.Duration, bool) {
	since := w.since[group]
	switch {
	case since.IsZero():
		return 0, false
	case since.After(from):
		return to.Sub(since), false
	default:
		return to.Sub(from), true
	}
}

// takeOpened returns how often a group was opened since the last call.
func (w *windows) takeOpened() uint64 {
	opened := w.opened
	w.opened = 0
	return opened
}

// missing says what is not counted because the budget shut its probes.
func (w *windows) missing(budget float64) []snapshot.Missing {
	var missing []snapshot.Missing
	for _, group := range probes.Groups {
		if !w.overBudget[group] {
			continue
		}
		for _, figure := range group.Feeds() {
			missing = append(missing, snapshot.Missing{What: figure, Why: fmt.Sprintf(
				"counting every call would cost the target more than the budget of %g %%; --budget 100%% keeps its probes open", budget*100)})
		}
	}
	return missing
}
