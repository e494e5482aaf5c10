package monitor

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestNobodyWaitsForAJudgement enters an interval of a target and leaves it unjudged,
// as a judgement that takes long does: what there is of all targets is told meanwhile,
// the interval's figures among it.
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
