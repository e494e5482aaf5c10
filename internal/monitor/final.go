package monitor

import (
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// final is what is known of a target that has ended.
type final struct {
	frame report.Frame
	last  report.Report     // of its last interval
	kept  snapshot.Snapshot // what identifies it
}

// parts is how many processors and exporters it tells of: what makes it large.
func (f *final) parts() int {
	return len(f.frame.Total.Processors) + len(f.frame.Total.Export.Exporters)
}

// end draws the last conclusions about a target that has ended, and drops what they
// were drawn from.
func (t *tally) end(keepSamples bool) {
	f := &final{frame: t.shown(), last: t.lastReport()}
	t.mu.Lock()
	defer t.mu.Unlock()
	total := t.total.Snapshot()
	f.kept = snapshot.Snapshot{Target: total.Target, Start: total.Start, Elapsed: total.Elapsed, Ended: true}
	t.final.Store(f)
	t.judge, t.judged, t.total, t.last, t.recent, t.queued = nil, findings.Conclusions{}, history.Total{}, history.Interval{}, nil, nil
	if !keepSamples {
		t.stacks = classify.Profile{}
	}
}

// forget drops the targets that ended first, down to maxEnded of them.
func (m *Monitor) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	excess, parts := endedOf(m.targets)-maxEnded, -maxEndedParts
	for _, t := range m.targets {
		if f := t.final.Load(); f != nil {
			parts += f.parts()
		}
	}
	m.targets = slices.DeleteFunc(m.targets, func(t *tally) bool {
		f := t.final.Load()
		if f == nil || excess <= 0 && parts <= 0 {
			return false
		}
		excess--
		parts -= f.parts()
		m.forgotten.Targets++
		m.forgotten.Probe.Add(f.frame.Total.Probe)
		return true
	})
}

// Forgotten is what is left of the targets that are not remembered any more.
func (m *Monitor) Forgotten() Forgotten {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forgotten
}
