package monitor

import (
	"slices"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/view"
)

const (
	// recent is how far back rates and latencies in the live view reach: more
	// than the cycle in which started spans are counted.
	recent = 12 * time.Second
	// historyLength bounds the queue sizes kept for the live view.
	historyLength = 60
)

// Monitor holds the targets in the order in which they were first seen, and
// judges them by Limits. Its methods are safe for concurrent use.
type Monitor struct {
	Limits analyzer.Limits

	mu      sync.Mutex
	targets []*tally
}

// tally is what is kept of one target.
type tally struct {
	total   snapshot.Snapshot
	last    snapshot.Snapshot
	recent  []snapshot.Snapshot // ascending, spanning no more than recent but by one
	history []uint64
	judge   *analyzer.Judge
}

// Add takes in a target's next Snapshot.
func (m *Monitor) Add(s snapshot.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.find(s.Target)
	if t == nil {
		t = &tally{total: s, judge: analyzer.NewJudge(m.Limits)}
		m.targets = append(m.targets, t)
	} else {
		t.total = t.total.Merge(s)
	}
	t.last = s
	t.judge.Add(s)
	t.recent = append(t.recent, s)
	for len(t.recent) > 1 && s.Start.Add(s.Elapsed).Sub(t.recent[0].Start) > recent {
		t.recent = t.recent[1:]
	}
	var queued uint64
	for _, p := range s.Processors {
		queued += p.After.Queue
	}
	t.history = append(t.history, queued)
	t.history = t.history[max(0, len(t.history)-historyLength):]
}

func (m *Monitor) find(target snapshot.Target) *tally {
	for _, t := range m.targets {
		if t.total.Target.PID == target.PID && t.total.Target.StartTicks == target.StartTicks {
			return t
		}
	}
	return nil
}

// Totals returns a Report of every target since it was attached.
func (m *Monitor) Totals() []analyzer.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	reports := make([]analyzer.Report, 0, len(m.targets))
	for _, t := range m.targets {
		reports = append(reports, t.judge.Complete(analyzer.Analyze(t.total)))
	}
	return reports
}

// Last returns a Report of a target's last interval, with the findings that hold
// at its end. The target must have been seen.
func (m *Monitor) Last(target snapshot.Target) analyzer.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.find(target)
	return t.judge.Complete(analyzer.Analyze(t.last))
}

// Snapshots returns what was seen of every target since it was attached.
func (m *Monitor) Snapshots() []snapshot.Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	snapshots := make([]snapshot.Snapshot, 0, len(m.targets))
	for _, t := range m.targets {
		snapshots = append(snapshots, t.total)
	}
	return snapshots
}

// Frames returns what the live view shows of every target.
func (m *Monitor) Frames() []view.Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	frames := make([]view.Frame, 0, len(m.targets))
	for _, t := range m.targets {
		frames = append(frames, t.frame())
	}
	return frames
}

// Frame returns what there is to show of one target, which must have been seen.
func (m *Monitor) Frame(target snapshot.Target) view.Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(target).frame()
}

func (t *tally) frame() view.Frame {
	lately := t.recent[0]
	for _, s := range t.recent[1:] {
		lately = lately.Merge(s)
	}
	return view.Frame{
		Total:        t.judge.Complete(analyzer.Analyze(t.total)),
		Recent:       analyzer.Analyze(lately),
		QueueHistory: slices.Clone(t.history),
		State:        t.state(),
	}
}

// state says why there may be nothing to see.
func (t *tally) state() string {
	switch {
	case t.last.Ended:
		return "the process has ended"
	case len(t.total.Processors) == 0 && len(t.total.Exports) == 0:
		return "waiting for the first span to end"
	}
	return ""
}
