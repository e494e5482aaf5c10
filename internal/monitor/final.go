package monitor

import (
	"slices"

	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// final is what remains of a target that has ended, or is watched no longer.
type final struct {
	frame report.Frame
	last  report.Report     // of its last interval
	kept  snapshot.Snapshot // the target and its time
}

// parts is the number of its processors and exporters, which determine its size.
func (f *final) parts() int {
	return len(f.frame.Total.Processors) + len(f.frame.Total.Export.Exporters)
}

// end keeps the last Reports of a target that has ended, and drops what they were made of.
func (t *target) end() {
	f := &final{frame: t.frame(), last: t.last()}
	t.mu.Lock()
	defer t.mu.Unlock()
	total := t.history.Snapshot()
	f.kept = snapshot.Snapshot{Target: total.Target, Start: total.Start, Elapsed: total.Elapsed, Ended: total.Ended, Released: total.Released}
	t.final.Store(f)
	t.history.End()
	t.judge, t.judged, t.made = nil, findings.Conclusions{}, nil
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
	m.targets = slices.DeleteFunc(m.targets, func(t *target) bool {
		f := t.final.Load()
		if f == nil || excess <= 0 && parts <= 0 {
			return false
		}
		excess--
		parts -= f.parts()
		m.stackBytes.Add(-t.stackBytes.Load())
		m.forgotten.Targets++
		m.forgotten.Probe.Add(f.frame.Total.Probe)
		return true
	})
}

// Forgotten sums up the targets that are not remembered any more.
func (m *Monitor) Forgotten() Forgotten {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forgotten
}
