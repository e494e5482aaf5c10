package agent

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestCPUClock(t *testing.T) {
	var c cpuClock
	c.start(os.Getpid())
	for began := ownCPU(); ownCPU()-began < 30*time.Millisecond; {
	}
	if used := c.used(); used < 25*time.Millisecond {
		t.Errorf("the clock shows %v after 30ms of work", used)
	}
}

// TestCPUClockOfTheDead stays where it was.
func TestCPUClockOfTheDead(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c cpuClock
	c.start(cmd.Process.Pid)
	last := c.used()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if used := c.used(); used < last || used > last+time.Second {
		t.Errorf("the clock shows %v after the end, %v before", used, last)
	}
}
