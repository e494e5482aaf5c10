package subject

import (
	"os"
	"testing"
	"time"
)

// TestCPUClockRuns works for 20 ms of its own CPU time by the clock.
func TestCPUClockRuns(t *testing.T) {
	begin, err := cpuClock(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for range 1 << 24 {
		now, err := cpuClock(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now-begin > 20*time.Millisecond {
			return
		}
	}
	t.Error("the clock stands still")
}

func TestCPUClockOfNobody(t *testing.T) {
	if _, err := cpuClock(1<<22 + 1); err == nil {
		t.Error("no pid is above 1<<22, yet there is a clock of one")
	}
}
