package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// discoveryHits is how many spans the discovery of processors looks at.
	discoveryHits = 64
	// The probes on every span are open for a part of every cycle, and shut
	// before if they have spent what they may: CPU time is sampled while none
	// is in place, for the target does not run then as it would. A cycle is longer
	// or shorter than that by up to a quarter, drawn by lot: what a program does
	// every ten seconds would be counted each time, or never.
	windowCycle    = 10 * time.Second
	windowOpen     = 2 * time.Second
	cycleVariation = 0.25
	// firstCycle is how long the first cycle is, as a part of the others: from two
	// windows on there is a rate.
	firstCycle = 0.4
	// trialPart is the part, one over it, of what there is to spend in ten seconds that
	// a group may in two which is to show that it fits into the budget again.
	trialPart = 8
)

// windows opens and shuts the groups of probes of one target: the exports' and
// collections' stay open while the budget has room for them, discovery ends after
// some hits, the spans' come and go.
type windows struct {
	probes    prober
	gate      func(shut bool) error // of CPU sampling
	unlimited bool                  // the spans' probes stay open too
	discovery time.Duration         // what discovery may have spent before it ends
	opened    uint64                // since takeOpened was last called
	counted   bool                  // the spans' probes have been in place
	cycle     time.Time             // when the spans' probes were last opened
	stretch   float64               // by how much this cycle is longer than every
	groups    [len(probes.Groups)]window
	hit       probes.Cost               // what a hit is charged
	ended     map[string]uint64         // calls up to the end of the spans' last window, by the probes' names
	rates     map[string]snapshot.Rates // of the windows since rates were last taken
	lot       lot
	share     *hostShare           // of the host's cap
	every     func() time.Duration // between the cycles' beginnings
	short     func(error)          // told of what probes cannot be placed for
}

func newWindows(prober prober, hit probes.Cost, config Config, share *hostShare, gate func(shut bool) error) *windows {
	return &windows{
		probes: prober, gate: gate, unlimited: config.Budget >= budget.Unlimited, share: share, every: config.cycle, short: config.short,
		discovery: discoveryHits * hit.Emulated, hit: hit, rates: map[string]snapshot.Rates{},
	}
}

// openAll opens every group within its limit. Exports come first, so that no
// span can be seen to end whose export is not. Groups on the path of every span
// wait for their turn, where the host's cap gives them nothing yet.
func (w *windows) openAll(limits []time.Duration) error {
	w.lot.first(uint64(limits[probes.Spans] / w.hit.Emulated))
	w.probes.ReadOneIn(w.lot.oneIn)
	for _, group := range probes.Groups {
		if !group.Standing() && limits[group] == 0 {
			continue
		}
		if err := w.open(group, w.bound(group, limits[group])); err != nil {
			return err
		}
	}
	if w.probes.IsOpen(probes.Spans) {
		w.beginCycle()
		w.stretch *= firstCycle
	}
	return nil
}

// open puts a group's probes in place, and then counts up to a limit.
func (w *windows) open(group probes.Group, limit time.Duration) error {
	if w.probes.IsOpen(group) {
		return nil
	}
	if group.Hot() {
		if err := w.gate(true); err != nil {
			return err
		}
	}
	if err := w.probes.Open(group); scarce(err) {
		w.groups[group].lacks = err
		w.short(err)
		return w.ungate()
	} else if err != nil {
		return err
	}
	w.groups[group].lacks = nil
	if !w.probes.IsOpen(group) && w.probes.LapsedNS(group) == 0 { // the program has none of its functions
		return w.ungate()
	}
	w.opened++
	w.counted = w.counted || group == probes.Spans
	now := time.Now()
	w.groups[group].begin(now)
	return w.allow(group, limit)
}

// allow sets up to where a group may spend.
func (w *windows) allow(group probes.Group, limit time.Duration) error {
	w.groups[group].limit = limit
	return w.probes.Allow(group, limit)
}

// shut ends groups' counting, removes their probes, and lets samples through
// again when none is left on the path of every span.
func (w *windows) shut(usage probes.Usage, groups ...probes.Group) error {
	if len(groups) == 0 {
		return nil
	}
	counted := w.countedUntil(probes.Spans, usage)
	var errs []error
	for _, group := range groups {
		errs = append(errs, w.probes.Allow(group, 0))
	}
	if err := errors.Join(append(errs, w.probes.Shut(groups...))...); err != nil {
		return err
	}
	for _, group := range groups {
		if group == probes.Spans {
			w.rate(usage, counted)
		}
		w.groups[group].end()
	}
	return w.ungate()
}

// rate enters how often the spans' probes were called in the window that ends.
func (w *windows) rate(usage probes.Usage, counted time.Time) {
	open := w.groups[probes.Spans].counted(counted)
	if open == 0 {
		return
	}
	for _, counter := range w.probes.Counters() {
		if counter.Group == probes.Spans {
			rates := w.rates[counter.Name]
			rates.Add(float64(usage.Calls[counter.Name]-w.ended[counter.Name]) / open.Seconds())
			w.rates[counter.Name] = rates
		}
	}
	w.ended = usage.Calls
}

// ungate lets samples through unless probes stand on the path of every span.
func (w *windows) ungate() error {
	if w.hot() {
		return nil
	}
	return w.gate(false)
}

// hot reports whether probes stand on the path of every span.
func (w *windows) hot() bool {
	for _, group := range probes.Groups {
		if group.Hot() && !w.groups[group].since.IsZero() {
			return true
		}
	}
	return false
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
	if w.probes.IsOpen(probes.Discovery) {
		return nil
	}
	usage, err := w.probes.Usage()
	if err != nil {
		return err
	}
	w.discovery = usage.Spent[probes.Discovery] + discoveryHits*w.hit.Emulated
	return w.open(probes.Discovery, w.discovery)
}

// balance shuts the groups that are done or have spent what they may, and opens
// others when their time has come. What a window may spend is fixed when it is
// opened; the limit of those that stand goes along. It returns the groups that
// the budget has shut which stood before.
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
			errs = append(errs, w.draw(usage, limits[group]))
		}
		overspent := w.overspent(group, usage)
		if overspent || w.done(group, usage) {
			ending = append(ending, group)
		}
		if overspent && group == probes.Exports {
			if !w.groups[group].overBudget {
				shut = append(shut, group)
			}
			w.groups[group].overBudget, w.groups[group].trial = true, false
		}
	}
	errs = append(errs, w.shut(usage, ending...))
	if w.cycleOver() {
		errs = append(errs, w.reopen(usage, limits))
	}
	return shut, errors.Join(errs...)
}

// retreat shuts the groups on the path of every span, unless there is no limit: the
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

// overspent reports whether a group has spent what it may.
func (w *windows) overspent(group probes.Group, usage probes.Usage) bool {
	return usage.Spent[group] >= w.groups[group].limit
}

// onTrial reports whether a group has yet to show that it fits into the budget
// again: for as long as a window is open it may spend what it was given, and
// stands again if there is something left.
func (w *windows) onTrial(group probes.Group) bool {
	g := &w.groups[group]
	g.trial = g.trial && time.Since(g.since) < windowOpen
	return g.trial
}

// try opens a group that the budget has shut, for a part of what there is to spend, and
// one that could not be opened.
func (w *windows) try(group probes.Group, usage probes.Usage, limit time.Duration) error {
	if w.groups[group].lacks != nil {
		return w.open(group, limit)
	}
	left := limit - usage.Spent[group]
	if !w.groups[group].overBudget || w.probes.IsOpen(group) || left <= 0 {
		return nil
	}
	w.groups[group].trial = true
	return w.open(group, usage.Spent[group]+left/trialPart)
}

// reopen begins a new cycle; while another target has its turn it waits.
func (w *windows) reopen(usage probes.Usage, limits []time.Duration) error {
	errs := []error{w.try(probes.Exports, usage, limits[probes.Exports])}
	for _, group := range []probes.Group{probes.Collections, probes.Spans} {
		if usage.Spent[group] < limits[group] {
			if !w.share.waits {
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

func (w *windows) cycleOver() bool {
	return time.Since(w.cycle).Seconds() >= w.every().Seconds()*w.stretch
}

// draw chooses of how many spans one is read from here on. Groups without a limit
// get a new allowance for it; the others get theirs with the next window.
func (w *windows) draw(usage probes.Usage, limit time.Duration) error {
	w.lot.next(usage.Calls["span"])
	w.probes.ReadOneIn(w.lot.oneIn)
	if !w.unlimited {
		return nil
	}
	return w.allow(probes.Spans, limit)
}

// countedUntil is the moment up to which the hits of a group that is open were counted
// as calls: now, or when it lapsed, or spent its allowance. It may not have been told of that,
// where it was the allowance that fell.
func (w *windows) countedUntil(group probes.Group, usage probes.Usage) time.Time {
	now := time.Now()
	crossed := now.Add(-time.Duration(monotonicNS() - usage.CrossedNS[group]))
	held := w.heldUntil(group, now)
	if !w.overspent(group, usage) || crossed.Before(w.groups[group].since) || crossed.After(held) {
		return held
	}
	return crossed
}

// done reports whether a group that is open has been so for long enough:
// discovery for a while and with some hit, the spans' for their part of a cycle.
func (w *windows) done(group probes.Group, usage probes.Usage) bool {
	long := time.Since(w.groups[group].since) >= windowOpen
	switch group {
	case probes.Discovery:
		return long && usage.Calls["enqueue"] > 0
	case probes.Spans:
		return long && !w.unlimited
	}
	return false
}

// takeOpened returns how often a group was opened since the last call.
func (w *windows) takeOpened() uint64 {
	opened := w.opened
	w.opened = 0
	return opened
}

// takeRates returns how often a probe was called in the windows that have ended since
// the last call.
func (w *windows) takeRates(probe string) snapshot.Rates {
	rates := w.rates[probe]
	delete(w.rates, probe)
	return rates
}

// missing says what is not counted because the budget has not let its probes be
// placed yet, and gaps what was not, for some time at least, because it shut them.
func (w *windows) missing(budgeted float64) (missing, gaps []snapshot.Missing) {
	why := fmt.Sprintf("counting every call would cost the target more than the budget of %g %%; --budget 100%% keeps its probes open", budgeted*100)
	if w.share.shut || w.share.waits {
		why = "counting every call would cost all targets together more than the host's budget; --host-budget raises it, --exclude leaves targets out"
	}
	if w.share.waits && !w.counted {
		missing = lacking(probes.Spans, why)
	}
	for _, group := range probes.Groups {
		switch {
		case w.groups[group].overBudget:
			gaps = append(gaps, lacking(group, why)...)
		case w.groups[group].lapsed && w.always(group):
			gaps = append(gaps, lacking(group, unattended)...)
		}
		if err := w.groups[group].lacks; err != nil {
			gaps = append(gaps, lacking(group, fmt.Sprintf("its probes could not be placed: %v; %s", err, remedy(err)))...)
		}
	}
	return missing, gaps
}

// lacking are the figures that come from a group's probes.
func lacking(group probes.Group, why string) []snapshot.Missing {
	var figures []snapshot.Missing
	for _, figure := range group.Feeds() {
		figures = append(figures, snapshot.Missing{What: figure, Why: why})
	}
	return figures
}
