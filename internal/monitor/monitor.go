package monitor

import (
	"slices"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// recent is how far back rates and latencies in the live view reach: more
	// than the cycle in which started spans are counted.
	recent = 12 * time.Second
	// historyLength bounds the queue sizes kept for the live view.
	historyLength = 60
	// maxEnded is how many targets that have ended are remembered, by their
	// last Reports alone; of older ones only their number and what watching
	// them has cost. Few of them are shown in the live view. Those with hundreds of
	// processors take the room of several: together they have no more than
	// maxEndedParts.
	maxEnded      = 256
	maxEndedParts = 4096
	shownEnded    = 4
)

// Monitor holds the targets in the order in which they were first seen, and
// judges them by Limits. Its methods are safe for concurrent use, and wait for no
// target's judgement: what is told of one while it is judged again is what was known
// before.
type Monitor struct {
	Limits report.Limits
	// KeepSamples keeps the stacks that were sampled, for Snapshots.
	KeepSamples bool

	mu        sync.Mutex // held for a look at the list only
	targets   []*tally
	forgotten Forgotten
}

// Forgotten is what is left of targets that ended too long ago to be remembered.
type Forgotten struct {
	Targets int
	Probe   report.Probe // what watching them has cost
}

// Add takes in a target's next Snapshot, and judges the target by it.
func (m *Monitor) Add(s snapshot.Snapshot) { m.Enter(s)() }

// Enter takes in a target's next Snapshot. What it returns judges the target by it,
// and is called before the target's next one is entered: that may take long, and
// needs not be done in the order in which targets come.
func (m *Monitor) Enter(s snapshot.Snapshot) (judge func()) {
	counted := history.NewInterval(s)
	t := m.tallyOf(s.Target)
	t.add(counted, s.Samples, m.KeepSamples)
	if m.KeepSamples {
		m.foldStacks()
	}
	return func() {
		t.conclude(counted)
		if s.Ended {
			t.end(m.KeepSamples)
			m.forget()
		}
	}
}

// tallyOf finds the tally of a target, or begins one: a target that has ended may have
// become another program.
func (m *Monitor) tallyOf(target snapshot.Target) *tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.find(target)
	if t == nil || t.ended() {
		t = newTally(target, m.Limits)
		m.targets = append(m.targets, t)
	}
	return t
}

// find returns the newest tally of a target: a process that replaces its program
// has one for each.
func (m *Monitor) find(target snapshot.Target) *tally {
	for _, t := range slices.Backward(m.targets) {
		if t.target.PID == target.PID && t.target.StartTicks == target.StartTicks {
			return t
		}
	}
	return nil
}

// known returns the newest tally of a target, nil if it has been forgotten.
func (m *Monitor) known(target snapshot.Target) *tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(target)
}

// all returns the tallies there are.
func (m *Monitor) all() []*tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.targets)
}

// Totals returns a Report of every target since it was attached.
func (m *Monitor) Totals() []report.Report {
	targets := m.all()
	reports := make([]report.Report, 0, len(targets))
	for _, t := range targets {
		reports = append(reports, t.report())
	}
	return reports
}

// Last returns a Report of a target's last interval, s, with the findings that hold
// at its end. Of a target that has been forgotten, as may happen while a caller
// waits for its output, there is what s tells by itself.
func (m *Monitor) Last(s snapshot.Snapshot) report.Report {
	t := m.known(s.Target)
	if t == nil {
		return analyzer.Analyze(s)
	}
	return t.lastReport()
}

// Snapshots returns what was seen of every target since it was attached, with its
// stacks if samples are kept; of those that have ended, what was sampled. The next
// Add changes them.
func (m *Monitor) Snapshots() []snapshot.Snapshot {
	targets := m.all()
	snapshots := make([]snapshot.Snapshot, 0, len(targets))
	for _, t := range targets {
		snapshots = append(snapshots, t.snapshot())
	}
	return snapshots
}

// Frames returns what the live view shows: every target that runs, and the last few
// of those that have ended.
func (m *Monitor) Frames() []report.Frame {
	targets := m.all()
	frames := make([]report.Frame, 0, len(targets))
	skip := max(0, endedOf(targets)-shownEnded)
	for _, t := range targets {
		if skip > 0 && t.ended() {
			skip--
			continue
		}
		frames = append(frames, t.shown())
	}
	return frames
}

// endedOf is how many of the targets have ended.
func endedOf(targets []*tally) (n int) {
	for _, t := range targets {
		if t.ended() {
			n++
		}
	}
	return n
}

// Frame returns what there is to show of one target at the end of its last interval,
// s, as Last does.
func (m *Monitor) Frame(s snapshot.Snapshot) report.Frame {
	t := m.known(s.Target)
	if t == nil {
		t = newTally(s.Target, m.Limits)
		t.add(history.NewInterval(s), s.Samples, false)
	}
	return t.shown()
}
