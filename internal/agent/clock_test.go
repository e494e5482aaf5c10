package agent

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestCPUClock(t *testing.T) {
	var c cpuClock
	c.start(os.Getpid(), running)
	for began := (&selfMeter{}).cpu(); (&selfMeter{}).cpu()-began < 30*time.Millisecond; {
	}
	if used := c.used(); used < 25*time.Millisecond {
		t.Errorf("the clock shows %v after 30ms of work", used)
	}
}

// TestCPUClockOfTheDead keeps its last value when the process has ended.
func TestCPUClockOfTheDead(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c cpuClock
	ended := false
	c.start(cmd.Process.Pid, func() bool { return ended })
	last := c.used()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	ended = true
	if used := c.used(); used < last || used > last+time.Second {
		t.Errorf("the clock shows %v after the end, %v before", used, last)
	}
}
