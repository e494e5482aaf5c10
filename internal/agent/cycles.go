package agent

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
)

const (
	// The probes on the path of every span are open for windowOpen of each cycle, less if
	// their allowance is spent before. CPU time is sampled while they are not in place,
	// since they slow the target down. A cycle is longer or shorter by up to a random
	// quarter: otherwise what a program does every ten seconds would be counted in every
	// window, or in none.
	windowCycle    = 10 * time.Second
	windowOpen     = 2 * time.Second
	cycleVariation = 0.25
	// firstCycle is the length of the first cycle, as a part of the others: two windows are
	// needed to know a rate.
	firstCycle = 0.4
)

// balance shuts the groups that are done or have spent their allowances, and opens others
// when a cycle begins. The limit of a window is fixed when it is opened; groups that stay
// open get new limits. It returns the groups that the budget has shut just now.
func (w *windows) balance(usage probes.Usage, limits []time.Duration) ([]probes.Group, error) {
	var ending, shut []probes.Group
	var errs []error
	for _, group := range probes.Groups {
		if !w.probes.IsOpen(group) {
			continue
		}
		if group.Standing() && !w.onTrial(group) {
			errs = append(errs, w.allow(group, limits[group]))
		}
		if group == probes.Spans {
			errs = append(errs, w.adjustReadRate(usage, limits[group]))
		}
		overspent := w.overspent(group, usage)
		if overspent || w.done(group, usage) {
			ending = append(ending, group)
		}
		if overspent && len(exactOf(group)) > 0 {
			if demanding(group) && !w.groups[group].overBudget {
				shut = append(shut, group)
			}
			w.groups[group].overBudget, w.groups[group].trial = true, false
		}
	}
	errs = append(errs, w.shut(usage, ending...), w.observeStretch(usage, limits[probes.Exports]))
	if w.cycleOver() {
		errs = append(errs, w.reopen(usage, limits))
	}
	return shut, errors.Join(errs...)
}

// demanding reports whether what a group feeds is missing for a time in which the budget has
// shut it: exact counts. What others feed is known from the time in which they are open.
func demanding(group probes.Group) bool {
	return group == probes.Exports || group == probes.Pipelines || group == probes.Flushes
}

// exactOfComponents are the exact counts among what Components feed: the drops that log processors
// report, and calls of Shutdown.
var exactOfComponents = []string{"pipelines.dropped", "flushes"}

// exactOf lists the figures that are missing for a time in which the budget has shut a group.
func exactOf(group probes.Group) []string {
	switch {
	case demanding(group):
		return group.Feeds()
	case group == probes.Components:
		return exactOfComponents
	}
	return nil
}

// adjustReadRate sets how often spans are read from now on. It takes effect with the next
// allowance: at once if Spans stay open, else with the next window.
func (w *windows) adjustReadRate(usage probes.Usage, limit time.Duration) error {
	w.reading.adjust(usage.Calls["span"])
	if !w.unlimited {
		return nil
	}
	return w.allow(probes.Spans, limit)
}

// overspent reports whether a group has spent its allowance.
func (w *windows) overspent(group probes.Group, usage probes.Usage) bool {
	return usage.Spent[group] >= w.groups[group].limit
}

// onTrial reports whether a group has yet to show that it fits into the budget again. It
// does if it has not spent its allowance after windowOpen, and then stays open.
func (w *windows) onTrial(group probes.Group) bool {
	g := &w.groups[group]
	g.trial = g.trial && time.Since(g.since) < windowOpen
	return g.trial
}

// done reports whether a group has been open for long enough: Discovery for a while and
// with some hit, Spans for their part of a cycle, Exports for a stretch.
func (w *windows) done(group probes.Group, usage probes.Usage) bool {
	long := time.Since(w.groups[group].since) >= windowOpen
	switch group {
	case probes.Exports:
		return w.stretchOver()
	case probes.Discovery:
		return long && usage.Calls["enqueue"] > 0
	case probes.Spans:
		return long && !w.unlimited
	}
	return false
}

func (w *windows) cycleOver() bool {
	return time.Since(w.cycle).Seconds() >= w.cycleTime().Seconds()*w.stretch
}

// reopen opens the groups that a new cycle opens, and begins it unless the host's cap lets
// other targets go first.
func (w *windows) reopen(usage probes.Usage, limits []time.Duration) error {
	var errs []error
	if w.groups[probes.Exports].shortage != nil {
		errs = append(errs, w.open(probes.Exports, limits[probes.Exports]))
	}
	for _, group := range []probes.Group{probes.Pipelines, probes.Flushes, probes.Collections, probes.Components, probes.Spans} {
		if usage.Spent[group] < limits[group] {
			if !w.host.waits {
				w.beginCycle()
			}
			errs = append(errs, w.open(group, limits[group]))
		}
	}
	if usage.Spent[probes.Discovery] == 0 && limits[probes.Discovery] > 0 { // it had no turn yet
		errs = append(errs, w.open(probes.Discovery, w.bound(probes.Discovery, limits[probes.Discovery])))
	}
	return errors.Join(errs...)
}

func (w *windows) beginCycle() {
	w.cycle = time.Now()
	w.stretch = 1 + cycleVariation*(2*rand.Float64()-1)
}

// retreat shuts the groups on the path of every span, unless the budget is unlimited. The
// next cycle opens them again.
func (w *windows) retreat(usage probes.Usage) error {
	if w.unlimited {
		return nil
	}
	var open []probes.Group
	for _, group := range probes.Groups {
		if !group.Standing() && w.probes.IsOpen(group) {
			open = append(open, group)
		}
	}
	return w.shut(usage, open...)
}
