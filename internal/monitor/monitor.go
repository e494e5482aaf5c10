package monitor

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

const (
	// maxEnded is how many targets that have ended are remembered. Of older ones there is only
	// their number, and what watching them has cost.
	maxEnded = 256
	// maxEndedParts bounds the processors and exporters of these together: Reports of targets
	// with hundreds of them are large.
	maxEndedParts = 4096
	// shownEnded is how many of them the live view shows.
	shownEnded = 4
)

// Monitor holds the targets in the order in which they were first seen, and judges them.
// Its methods are safe for concurrent use. They do not wait while a target is judged: until
// then, its Reports have the findings of the interval before.
type Monitor struct {
	// Limits are those that targets are judged by, unless EnterBy says otherwise.
	Limits report.Limits
	// Work is the budget of forecasts, for recordings; nil is no limit.
	Work *untrusted.Budget
	// Keep says what to keep of each target for Snapshots and Timelines.
	Keep history.Keep
	// Charted limits for how many running targets a timeline is kept; 0 is no limit.
	Charted int

	mu         sync.Mutex // never held while a Report is made
	targets    []*target
	forgotten  Forgotten
	stackBytes atomic.Int64 // of the stacks kept of all targets
}

// Forgotten sums up the targets that ended too long ago to be remembered.
type Forgotten struct {
	Targets int
	Probe   report.Probe // what watching them has cost
}

// Add takes in a target's next Snapshot, and judges the target by it.
func (m *Monitor) Add(s snapshot.Snapshot) { m.Enter(s)() }

// Enter takes in a target's next Snapshot. Call the function that it returns to judge the
// target, before its next Snapshot is entered. Judging may take long; the order of targets
// does not matter.
func (m *Monitor) Enter(s snapshot.Snapshot) (judge func()) { return m.EnterBy(s, m.Limits) }

// EnterBy is Enter with the limits that the target is judged by from now on.
func (m *Monitor) EnterBy(s snapshot.Snapshot, limits report.Limits) (judge func()) {
	t := m.targetOf(s.Target)
	past, grown := t.add(s)
	if m.stackBytes.Add(grown) > maxStackBytes {
		m.foldStacks()
	}
	return func() {
		t.conclude(past, limits)
		if s.Over() {
			t.end()
			m.forget()
		}
	}
}

// targetOf finds a target, or begins a new one: a process that has ended may have become
// another program.
func (m *Monitor) targetOf(identity snapshot.Target) *target {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.find(identity)
	if t == nil || t.ended() {
		t = newTarget(identity, m.Limits, m.Work, m.keep())
		m.targets = append(m.targets, t)
	}
	return t
}

// keep says what to keep of a new target.
func (m *Monitor) keep() history.Keep {
	keep := m.Keep
	if m.Charted > 0 && len(m.targets)-endedOf(m.targets) >= m.Charted {
		keep.Timeline = false
	}
	return keep
}

// find returns the newest target of a process, which is another one for each program that
// it runs by exec.
func (m *Monitor) find(identity snapshot.Target) *target {
	for _, t := range slices.Backward(m.targets) {
		if t.identity.PID == identity.PID && t.identity.StartTicks == identity.StartTicks {
			return t
		}
	}
	return nil
}

// known returns the newest target of a process, nil if it has been forgotten.
func (m *Monitor) known(identity snapshot.Target) *target {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(identity)
}

// all returns the targets there are.
func (m *Monitor) all() []*target {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.targets)
}

// Totals returns a Report of every target since it was attached. They must not be modified.
func (m *Monitor) Totals() []report.Report {
	targets := m.all()
	reports := make([]report.Report, 0, len(targets))
	for _, t := range targets {
		reports = append(reports, t.total())
	}
	return reports
}

// All yields what Totals returns, and whether the target has ended.
func (m *Monitor) All() iter.Seq2[report.Report, bool] {
	return func(yield func(report.Report, bool) bool) {
		for _, t := range m.all() {
			ended := t.ended()
			if !yield(t.total(), ended) {
				return
			}
		}
	}
}

// Last returns a Report of a target's last interval, s, with the findings that hold at its
// end. If the target has been forgotten, which may happen while a caller waits for its
// output, the Report is of s alone.
func (m *Monitor) Last(s snapshot.Snapshot) report.Report {
	t := m.known(s.Target)
	if t == nil {
		return analyzer.Analyze(s)
	}
	return t.last()
}

// Snapshots returns the total of every target since it was attached, with its stacks if
// these are kept; of targets that have ended, only the stacks. The next Add changes them.
func (m *Monitor) Snapshots() []snapshot.Snapshot {
	targets := m.all()
	snapshots := make([]snapshot.Snapshot, 0, len(targets))
	for _, t := range targets {
		snapshots = append(snapshots, t.snapshot())
	}
	return snapshots
}

// Timelines returns every target over time, with stretches if timelines are kept.
func (m *Monitor) Timelines() []report.Timeline {
	targets := m.all()
	timelines := make([]report.Timeline, 0, len(targets))
	for _, t := range targets {
		timelines = append(timelines, t.timeline(t.total()))
	}
	return timelines
}

// Course returns one target over time, and what has become of it: nothing, while it runs.
// It is the newest one of the process that has this pid and start time.
func (m *Monitor) Course(pid int, startTicks uint64) (course report.Timeline, state string, found bool) {
	t := m.known(snapshot.Target{PID: pid, StartTicks: startTicks})
	if t == nil {
		return report.Timeline{}, "", false
	}
	return t.timeline(t.total()), t.frame().State, true
}

// Frames returns what the live view shows: every running target, and the last few that have
// ended.
func (m *Monitor) Frames() []report.Frame {
	targets := m.all()
	frames := make([]report.Frame, 0, len(targets))
	skip := max(0, endedOf(targets)-shownEnded)
	for _, t := range targets {
		if skip > 0 && t.ended() {
			skip--
			continue
		}
		frames = append(frames, t.frame())
	}
	return frames
}

// endedOf is how many of the targets have ended.
func endedOf(targets []*target) (n int) {
	for _, t := range targets {
		if t.ended() {
			n++
		}
	}
	return n
}

// Frame returns what there is to show of one target at the end of its last interval, s. A
// target that has been forgotten is treated as in Last.
func (m *Monitor) Frame(s snapshot.Snapshot) report.Frame {
	t := m.known(s.Target)
	if t == nil {
		t = newTarget(s.Target, m.Limits, m.Work, history.Keep{})
		t.add(s)
	}
	return t.frame()
}
