package agent

import (
	"errors"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// discoveryHits is how many hits the discovery of processors may have.
const discoveryHits = 64

// windows opens and shuts the groups of probes of one target. Exports and Collections stay
// open while the budget has room for them, Discovery ends after some hits, Spans are open
// in windows, once a cycle.
type windows struct {
	probes      prober
	gate        func(shut bool) error // of CPU sampling
	unlimited   bool                  // Spans stay open too
	discovery   time.Duration         // what Discovery may have spent before it ends
	opened      uint64                // how often a group was, since the last takeOpened
	placed      bool                  // the kernel has placed probes before
	counted     bool                  // Spans have been open
	fromStart   bool                  // they were when otwatch attached
	cycle       time.Time             // when this cycle began
	stretch     float64               // of this cycle's length, by random variation
	groups      [len(probes.Groups)]window
	hit         probes.Cost               // what a hit is charged at first
	allowance   probes.Allowance          // what the next allowances of all groups have in common
	ended       map[string]uint64         // calls up to the end of the last window of Spans, by the probes' names
	rates       map[string]snapshot.Rates // of the windows since the last takeRates
	building    building
	stretches   stretches
	coverage    coverage
	reading     readRate
	host        *hostLimit
	cycleTime   func() time.Duration
	logShortage func(error)
}

func newWindows(prober prober, hit probes.Cost, share float64, config Config, host *hostLimit, coverage coverage, gate func(shut bool) error) *windows {
	return &windows{
		probes: prober, gate: gate, unlimited: share >= budget.Unlimited, host: host, cycleTime: config.cycle, logShortage: config.logShortage,
		stretches: newStretches(), coverage: coverage, discovery: discoveryHits * hit.Emulated, hit: hit, allowance: probes.Allowance{Charge: hit}, rates: map[string]snapshot.Rates{},
	}
}

// openAll opens every group within its limit. Exports come first: no span may be seen to
// end whose export is not seen. Groups on the path of every span wait while the host's cap
// leaves them nothing.
func (w *windows) openAll(limits []time.Duration) error {
	w.reading.start(uint64(limits[probes.Spans] / w.hit.Emulated))
	for _, group := range probes.Groups {
		if !group.Standing() && limits[group] == 0 {
			continue
		}
		if err := w.open(group, w.bound(group, limits[group])); err != nil {
			return err
		}
	}
	if w.fromStart = w.probes.IsOpen(probes.Spans); w.fromStart {
		w.beginCycle()
		w.stretch *= firstCycle
	}
	return nil
}

// bound lowers the limit of Discovery to what it needs.
func (w *windows) bound(group probes.Group, limit time.Duration) time.Duration {
	if group == probes.Discovery {
		return min(limit, w.discovery)
	}
	return limit
}

// open puts a group's probes in place, if they are not, with an allowance up to a limit.
func (w *windows) open(group probes.Group, limit time.Duration) error {
	if w.probes.IsOpen(group) {
		return nil
	}
	if group.Hot() {
		if err := w.gate(true); err != nil {
			return err
		}
	}
	if err := w.probes.Open(group); scarce(err) || w.late(err) {
		w.groups[group].shortage = err
		w.logShortage(err)
		return w.ungate()
	} else if err != nil {
		return err
	}
	w.groups[group].shortage = nil
	if !w.probes.IsOpen(group) && w.probes.LapsedNS(group) == 0 { // the program has none of its functions
		return w.ungate()
	}
	w.opened++
	w.placed = true
	w.counted = w.counted || group == probes.Spans
	w.groups[group].begin(time.Now())
	if group == probes.Exports {
		w.coverage.ObserveFrom(monotonicNS())
	}
	return w.allow(group, limit)
}

// late reports whether the kernel did not place probes in time, although it has placed some before:
// the CPUs of the host are busy. At the first probes, something is wrong with the process.
func (w *windows) late(err error) bool {
	return w.placed && errors.Is(err, untrusted.ErrUnresponsive)
}

// allow sets how much a group may have spent.
func (w *windows) allow(group probes.Group, limit time.Duration) error {
	w.groups[group].limit = limit
	return w.probes.Allow(group, w.allowanceOf(limit))
}

func (w *windows) allowanceOf(limit time.Duration) probes.Allowance {
	allowance := w.allowance
	allowance.Limit, allowance.ReadOneIn = limit, w.reading.oneIn
	return allowance
}

// ungate lets CPU samples through unless probes are on the path of every span.
func (w *windows) ungate() error {
	if w.hot() {
		return nil
	}
	return w.gate(false)
}

// hot reports whether probes are on the path of every span.
func (w *windows) hot() bool {
	for _, group := range probes.Groups {
		if group.Hot() && !w.groups[group].since.IsZero() {
			return true
		}
	}
	return false
}

// shut ends the counting of groups, removes their probes, and lets CPU samples through
// again when no probe is left on the path of every span.
func (w *windows) shut(usage probes.Usage, groups ...probes.Group) error {
	if len(groups) == 0 {
		return nil
	}
	exported, counted, built := w.countedUntil(probes.Exports, usage), w.countedUntil(probes.Spans, usage), w.countedUntil(probes.Components, usage)
	var errs []error
	for _, group := range groups {
		errs = append(errs, w.probes.Allow(group, w.allowanceOf(0)))
	}
	busy, err := w.underWay(groups)
	if err := errors.Join(append(errs, err, w.probes.Shut(groups...))...); err != nil {
		return err
	}
	for _, group := range groups {
		switch group {
		case probes.Exports:
			w.endStretch(usage, exported, busy)
		case probes.Spans:
			w.rate(usage, counted)
		case probes.Components:
			w.building.shut(w.groups[group].since, built)
		}
		w.groups[group].end()
	}
	return w.ungate()
}

// underWay lists the operations under way whose ends will not be seen, if Exports are among the groups
// that are shut.
func (w *windows) underWay(shut []probes.Group) ([]probes.Flight, error) {
	if !slices.Contains(shut, probes.Exports) {
		return nil, nil
	}
	return w.probes.Flights()
}

// discover opens Discovery again, to find the processors that share a provider with a new
// one. They show only where spans are handed to them.
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

// spend takes in what the groups have spent at the end of an interval.
func (w *windows) spend(usage probes.Usage) {
	for _, group := range probes.Groups {
		w.groups[group].spend(usage.Spent[group], usage.CrossedNS[group])
	}
}

// takeOpened returns how often a group was opened since the last call.
func (w *windows) takeOpened() uint64 {
	opened := w.opened
	w.opened = 0
	return opened
}
