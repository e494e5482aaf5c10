package agent

import (
	"math/rand/v2"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
)

const (
	// stretchesPerCycle is how often in a cycle exports are observed for a stretch while the
	// budget does not let their probes stand: the more often, the better the stretches show
	// what changes with time.
	stretchesPerCycle = 4
	// trialPart is the part, one over it, of the budget left that a stretch may spend. So the
	// stretches of a cycle spend a third of the budget.
	trialPart = 8
	// plannedPart is the part of that which a stretch is planned to spend, by what the last one
	// spent in its time: most stretches then end by time, and not at a hit.
	plannedPart = 0.6
	// longer and shorter are the parts of the exports in a stretch that had begun before it, from
	// which on stretches are made fewer and longer, and more and shorter again: long exports do
	// not fit into short stretches.
	longer, shorter = 0.08, 0.02
	// shortestStretch is how short a stretch is planned at least.
	shortestStretch = 20 * time.Millisecond
)

// stretches are the times in which the probes on exports are in place while the budget does
// not let them stand.
type stretches struct {
	timer    *time.Timer   // of the next one's beginning, or of the end of that under way
	due      time.Time     // the next one's beginning
	spentAt  time.Duration // by Exports, when the last one began
	times    int           // how many times longer and fewer they are, stretchesPerCycle at most
	spending float64       // CPU time that Exports spent in a second of the last one; 0: none has ended
}

// coverage takes in when exports are observed. A *accounting.Components is one.
type coverage interface {
	ObserveFrom(atNS uint64)
	ObserveUntil(atNS uint64, spent bool, busy []probes.Flight)
	Cut() float64
}

func newStretches() stretches {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return stretches{timer: timer, times: 1}
}

// stretchOver reports whether the stretch under way has lasted as long as planned.
func (w *windows) stretchOver() bool {
	until := w.groups[probes.Exports].until
	return !until.IsZero() && !time.Now().Before(until)
}

// observeStretch begins a stretch if one is due, with a part of the budget that is left. If it
// lasts for windowOpen without spending that, the probes stand again.
func (w *windows) observeStretch(usage probes.Usage, limit time.Duration) error {
	g, s := &w.groups[probes.Exports], &w.stretches
	if !g.overBudget || w.probes.IsOpen(probes.Exports) || time.Now().Before(s.due) {
		return nil
	}
	w.fitStretches()
	w.planStretch()
	part := (limit - usage.Spent[probes.Exports]) * time.Duration(s.times) / trialPart
	if part <= 0 {
		return nil
	}
	g.trial, s.spentAt = true, usage.Spent[probes.Exports]
	if err := w.open(probes.Exports, s.spentAt+part); err != nil || !w.probes.IsOpen(probes.Exports) {
		return err
	}
	if length := s.length(part); length < windowOpen {
		g.until = g.since.Add(length)
		s.timer.Reset(length)
	}
	return nil
}

// length is how long a stretch is planned to be that may spend so much.
func (s *stretches) length(part time.Duration) time.Duration {
	if s.spending == 0 {
		return windowOpen
	}
	return max(shortestStretch, min(windowOpen, time.Duration(plannedPart*float64(part)/s.spending)))
}

// fitStretches makes stretches longer if exports do not fit into them.
func (w *windows) fitStretches() {
	switch cut := w.coverage.Cut(); {
	case cut > longer:
		w.stretches.times = min(2*w.stretches.times, stretchesPerCycle)
	case cut < shorter:
		w.stretches.times = max(1, w.stretches.times/2)
	}
}

// planStretch sets when the next stretch begins, by chance.
func (w *windows) planStretch() {
	wait := time.Duration((0.5 + rand.Float64()) * float64(w.cycleTime()) / stretchesPerCycle * float64(w.stretches.times))
	w.stretches.due = time.Now().Add(wait)
	w.stretches.timer.Reset(wait)
}

// endStretch takes in that Exports were shut, whose hits were counted up to a moment, and the
// operations that were under way then.
func (w *windows) endStretch(usage probes.Usage, counted time.Time, busy []probes.Flight) {
	g, s := &w.groups[probes.Exports], &w.stretches
	w.coverage.ObserveUntil(monotonicNS()-uint64(max(0, time.Since(counted))), w.overspent(probes.Exports, usage), busy)
	if open := g.counted(counted); s.spentAt > 0 && open > 0 {
		s.spending = float64(usage.Spent[probes.Exports]-s.spentAt) / float64(open)
	}
	s.spentAt = 0
	w.planStretch()
}
