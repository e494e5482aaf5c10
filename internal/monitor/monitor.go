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
	// maxEnded is how many targets that have ended are remembered, by their
	// last Reports alone; of older ones only their number and what watching
	// them has cost. Few of them are shown in the live view.
	maxEnded   = 256
	shownEnded = 4
)

// Monitor holds the targets in the order in which they were first seen, and
// judges them by Limits. Its methods are safe for concurrent use.
type Monitor struct {
	Limits analyzer.Limits
	// KeepSamples keeps what was sampled of targets that have ended, for
	// Snapshots.
	KeepSamples bool

	mu        sync.Mutex
	targets   []*tally
	forgotten Forgotten
}

// Forgotten is what is left of targets that ended too long ago to be remembered.
type Forgotten struct {
	Targets int
	Probe   analyzer.Probe // what watching them has cost
}

// tally is what is kept of one target. Of one that has ended that is final, and
// what identifies it.
type tally struct {
	target  snapshot.Target
	final   *final
	total   snapshot.Total
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
	if t == nil || t.final != nil { // it may have become another program
		t = &tally{target: s.Target, judge: analyzer.NewJudge(m.Limits)}
		m.targets = append(m.targets, t)
	}
	t.total.Add(s)
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
	if s.Ended {
		t.end(m.KeepSamples)
		m.forget()
	}
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

// Totals returns a Report of every target since it was attached.
func (m *Monitor) Totals() []analyzer.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	reports := make([]analyzer.Report, 0, len(m.targets))
	for _, t := range m.targets {
		reports = append(reports, t.report())
	}
	return reports
}

// Last returns a Report of a target's last interval, s, with the findings that hold
// at its end. Of a target that has been forgotten, as may happen while a caller
// waits for its output, there is what s tells by itself.
func (m *Monitor) Last(s snapshot.Snapshot) analyzer.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch t := m.find(s.Target); {
	case t == nil:
		return analyzer.Analyze(s)
	case t.final != nil:
		return t.final.last
	default:
		return t.judge.Complete(analyzer.Analyze(t.last))
	}
}

// Snapshots returns what was seen of every target since it was attached; of those
// that have ended, what was sampled, if that is kept. The next Add changes them.
func (m *Monitor) Snapshots() []snapshot.Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	snapshots := make([]snapshot.Snapshot, 0, len(m.targets))
	for _, t := range m.targets {
		snapshots = append(snapshots, t.total.Snapshot())
	}
	return snapshots
}

// Frames returns what the live view shows: every target that runs, and the last few
// of those that have ended.
func (m *Monitor) Frames() []view.Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	frames := make([]view.Frame, 0, len(m.targets))
	skip := max(0, m.ended()-shownEnded)
	for _, t := range m.targets {
		if t.final != nil && skip > 0 {
			skip--
			continue
		}
		frames = append(frames, t.frame())
	}
	return frames
}

// ended is how many targets have ended and are remembered.
func (m *Monitor) ended() (n int) {
	for _, t := range m.targets {
		if t.final != nil {
			n++
		}
	}
	return n
}

// Frame returns what there is to show of one target at the end of its last interval,
// s, as Last does.
func (m *Monitor) Frame(s snapshot.Snapshot) view.Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.find(s.Target)
	if t == nil {
		t = &tally{last: s, recent: []snapshot.Snapshot{s}, judge: analyzer.NewJudge(m.Limits)}
		t.total.Add(s)
	}
	return t.frame()
}

func (t *tally) report() analyzer.Report {
	if t.final != nil {
		return t.final.frame.Total
	}
	return t.judge.Complete(analyzer.Analyze(t.total.Snapshot()))
}

func (t *tally) frame() view.Frame {
	if t.final != nil {
		return t.final.frame
	}
	lately := snapshot.MergeAll(t.recent)
	return view.Frame{
		Total:        t.report(),
		Recent:       analyzer.Analyze(lately),
		QueueHistory: slices.Clone(t.history),
		State:        t.state(),
		Ended:        t.last.Ended,
	}
}

// state says why there may be nothing to see. Where no probe can see a processor,
// what is missing says so.
func (t *tally) state() string {
	total := t.total.Snapshot()
	blind := slices.ContainsFunc(total.Missing, func(m snapshot.Missing) bool { return m.What == "processors" })
	switch {
	case t.last.Ended:
		return "the process has ended"
	case len(total.Processors) == 0 && len(total.Exports) == 0 && !blind:
		return "waiting for the first span to end"
	}
	return ""
}
