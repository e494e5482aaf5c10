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
)

// windows opens and shuts the groups of probes of one target: the exports' and
// collections' stay open, discovery ends after some hits, the spans' come and go.
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
	hit       probes.Cost // what a hit is charged
	lot       lot
	share     *hostShare           // of the host's cap
	every     func() time.Duration // between the cycles' beginnings
}

func newWindows(prober prober, hit probes.Cost, config Config, share *hostShare, gate func(shut bool) error) *windows {
	return &windows{
		probes: prober, gate: gate, unlimited: config.Budget >= budget.Unlimited, share: share, every: config.cycle,
		discovery: discoveryHits * hit.Emulated, hit: hit,
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
	if err := w.probes.Open(group); err != nil {
		return err
	}
	if !w.probes.IsOpen(group) { // the program has none of its functions
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

// shut ends a group's counting, removes its probes, and lets samples through
// again when none is left on the path of every span. It counted up to the moment
// given.
func (w *windows) shut(group probes.Group, counted time.Time) error {
	if err := errors.Join(w.probes.Allow(group, 0), w.probes.Shut(group)); err != nil {
		return err
	}
	w.groups[group].end(counted)
	return w.ungate()
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
		if group.Hot() && w.probes.IsOpen(group) {
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
// the budget has shut for good.
func (w *windows) balance(usage probes.Usage, limits []time.Duration) ([]probes.Group, error) {
	var shut []probes.Group
	var errs []error
	for _, group := range probes.Groups {
		if !w.probes.IsOpen(group) {
			continue
		}
		if group.Standing() {
			errs = append(errs, w.allow(group, limits[group]))
		}
		if group == probes.Spans {
			errs = append(errs, w.draw(usage, limits[group]))
		}
		overspent := usage.Spent[group] >= w.groups[group].limit
		if overspent || w.done(group, usage) {
			errs = append(errs, w.shut(group, countedUntil(usage.CrossedNS[group], overspent)))
		}
		if overspent && group == probes.Exports {
			w.groups[group].overBudget = true
			shut = append(shut, group)
		}
	}
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
	var errs []error
	for _, group := range probes.Groups {
		if !group.Standing() && w.probes.IsOpen(group) {
			overspent := usage.Spent[group] >= w.groups[group].limit
			errs = append(errs, w.shut(group, countedUntil(usage.CrossedNS[group], overspent)))
		}
	}
	return errors.Join(errs...)
}

// reopen begins a new cycle; while another target has its turn it waits.
func (w *windows) reopen(usage probes.Usage, limits []time.Duration) error {
	var errs []error
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

// countedUntil is the moment up to which a group's hits were counted as calls:
// now, or when it spent its allowance.
func countedUntil(crossedNS uint64, overspent bool) time.Time {
	now := time.Now()
	if !overspent {
		return now
	}
	return now.Add(-time.Duration(monotonicNS() - crossedNS))
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

// missing says what is not counted because the budget shut its probes, or has not
// let them be placed yet.
func (w *windows) missing(budgeted float64) []snapshot.Missing {
	why := fmt.Sprintf("counting every call would cost the target more than the budget of %g %%; --budget 100%% keeps its probes open", budgeted*100)
	if w.share.shut || w.share.waits {
		why = "counting every call would cost all targets together more than the host's budget; --host-budget raises it, --exclude leaves targets out"
	}
	var missing []snapshot.Missing
	for _, group := range probes.Groups {
		if waits := group == probes.Spans && w.share.waits && !w.counted; !waits && !w.groups[group].overBudget {
			continue
		}
		for _, figure := range group.Feeds() {
			missing = append(missing, snapshot.Missing{What: figure, Why: why})
		}
	}
	return missing
}
