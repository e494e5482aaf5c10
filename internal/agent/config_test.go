package agent

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestIntervalsStretch with dozens of targets and more.
func TestIntervalsStretch(t *testing.T) {
	var targets atomic.Int64
	c := Config{Interval: time.Second, Stretch: true, targets: &targets}
	for n, want := range map[int64]time.Duration{0: time.Second, 1: time.Second, 12: time.Second, 13: 2 * time.Second, 200: 16 * time.Second, 300: 20 * time.Second, 1000: 40 * time.Second} {
		targets.Store(n)
		if got := c.interval(); got != want {
			t.Errorf("%d targets: %v, want %v", n, got, want)
		}
	}
	targets.Store(200)
	if got := c.cycle(); got != maxCycles*windowCycle {
		t.Errorf("the cycle of 200 targets' windows is %v", got)
	}
	if hot, quiet := c.balance(true), c.balance(false); hot != balanceInterval || quiet != maxBalance*balanceInterval {
		t.Errorf("allowances of 200 targets are renewed every %v, and %v while probes are hot", quiet, hot)
	}
	c.Stretch = false
	if got := c.interval(); got != time.Second {
		t.Errorf("it was asked for 1s and is %v", got)
	}
}
