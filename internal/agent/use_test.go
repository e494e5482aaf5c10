package agent

import (
	"os"
	"testing"
	"time"

	"github.com/prometheus/procfs"
)

// TestUseNeverFalls reads the finer clock for one interval, and /proc for the next.
func TestUseNeverFalls(t *testing.T) {
	self, err := procfs.Self()
	if err != nil {
		t.Fatal(err)
	}
	stat, err := self.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m, err := newUseMeter(os.Getpid(), stat.Starttime, running, nil)
	if err != nil {
		t.Fatal(err)
	}
	process := m.process
	m.process.PID = 1 << 30
	m.clock.last = time.Hour
	if used := m.interval(); used.CPU != time.Hour {
		t.Errorf("without /proc %v were used, want %v", used.CPU, time.Hour)
	}
	m.process = process
	if used := m.interval(); used.CPU < 0 || used.CPU >= time.Hour {
		t.Errorf("with /proc again %v were used", used.CPU)
	}
}

// running is for a process that does not end.
func running() bool { return false }
