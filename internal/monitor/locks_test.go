package monitor

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestNobodyWaitsForAJudgement enters an interval without judging it, as during a long
// judgement: meanwhile, Reports of all targets are there, with the figures of that
// interval.
func TestNobodyWaitsForAJudgement(t *testing.T) {
	var m Monitor
	other := snapshot.Target{PID: 4712}
	judge := m.Enter(interval(checkout, 0))
	told := make(chan struct{})
	go func() {
		defer close(told)
		m.Add(interval(other, 0))
		for i, r := range m.Totals() {
			if exported(r) != 23 {
				t.Errorf("target %d exported %d spans, want 23", i, exported(r))
			}
		}
		if n := len(m.Frames()); n != 2 {
			t.Errorf("%d frames, want 2", n)
		}
		m.Last(of(checkout))
		m.Frame(of(other))
		m.Snapshots()
	}()
	select {
	case <-told:
	case <-time.After(time.Minute):
		t.Fatal("it waits for the judgement")
	}
	judge()
}
