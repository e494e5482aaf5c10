package agent

import (
	"testing"
	"time"
)

func TestCountedUntil(t *testing.T) {
	crossed := monotonicNS() - uint64(time.Hour)
	if ago := time.Since(countedUntil(crossed, false)); ago > time.Minute {
		t.Errorf("a window that has something left counted until %v ago", ago)
	}
	if ago := time.Since(countedUntil(crossed, true)); ago < time.Hour || ago > time.Hour+time.Minute {
		t.Errorf("a window whose allowance was spent an hour ago counted until %v ago", ago)
	}
}

// TestCyclesAreNotAllAsLong keeps windows from falling into step with what a program
// does every so often.
func TestCyclesAreNotAllAsLong(t *testing.T) {
	const cycles = 10_000
	w := windows{every: func() time.Duration { return windowCycle }}
	over := map[time.Duration]int{} // after so long
	for range cycles {
		w.beginCycle()
		begun := w.cycle
		for _, after := range []time.Duration{7, 8, 10, 12, 13} {
			w.cycle = begun.Add(-after * time.Second)
			if w.cycleOver() {
				over[after]++
			}
		}
	}
	if over[7] > 0 || over[13] < cycles {
		t.Errorf("%d of %d cycles are over after 7 s, %d after 13 s: want none, and all", over[7], cycles, over[13])
	}
	for after, want := range map[time.Duration]int{8: cycles / 10, 10: cycles / 2, 12: cycles * 9 / 10} {
		if got := over[after]; got < want-cycles/50 || got > want+cycles/50 {
			t.Errorf("%d of %d cycles are over after %d s, want about %d", got, cycles, after, want)
		}
	}
}
