package monitor

import (
	"slices"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/view"
)

// final is what is shown of a target that has ended.
type final struct {
	frame view.Frame
	last  analyzer.Report // of its last interval
}

// end draws the last conclusions about a target that has ended, and drops what they
// were drawn from.
func (t *tally) end(keepSamples bool) {
	f := &final{frame: t.frame(), last: t.judge.Complete(analyzer.Analyze(t.last))}
	total := t.total.Snapshot()
	kept := snapshot.Snapshot{Target: total.Target, Start: total.Start, Elapsed: total.Elapsed, Ended: true}
	if keepSamples {
		kept.Samples = total.Samples
	}
	*t = tally{target: total.Target, final: f}
	t.total.Add(kept)
}

// forget drops the targets that ended first, down to maxEnded of them.
func (m *Monitor) forget() {
	excess := m.ended() - maxEnded
	m.targets = slices.DeleteFunc(m.targets, func(t *tally) bool {
		if t.final == nil || excess <= 0 {
			return false
		}
		excess--
		m.forgotten.Targets++
		m.forgotten.Probe.Add(t.final.frame.Total.Probe)
		return true
	})
}

// Forgotten is what is left of the targets that are not remembered any more.
func (m *Monitor) Forgotten() Forgotten {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forgotten
}
