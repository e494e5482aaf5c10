package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestStopped stops otwatch while its probes are on the path of every span. All of them
// are removed soon, and come back when otwatch is continued.
func TestStopped(t *testing.T) {
	testtarget.NeedRoot(t)
	for name, signal := range map[string]os.Signal{"SIGSTOP": unix.SIGSTOP, "Ctrl-Z": unix.SIGTSTP} {
		t.Run(name, func(t *testing.T) {
			program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "1000", "-spans", "1000000")
			c := attached(t, "--pid", program.PIDString(), "--output", "json")
			program.Begin()
			awaitTraps(t, program.PID(), hotSymbols, true)
			if err := c.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			awaitTraps(t, program.PID(), probedSymbols, false)
			awaitStop(t, c.cmd.Process.Pid)
			if err := c.cmd.Process.Signal(unix.SIGCONT); err != nil {
				t.Fatal(err)
			}
			awaitTraps(t, program.PID(), probedSymbols, true)
			if code := c.interrupt(); code != exitDone || !strings.Contains(c.stdout.String(), unattendedGap) {
				t.Errorf("exit code %d, and the report does not say %q:\n%s", code, unattendedGap, c.stdout)
			}
			awaitTraps(t, program.PID(), probedSymbols, false)
		})
	}
}

// awaitStop waits until a process has stopped.
func awaitStop(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if process, err := procfs.NewProc(pid); err == nil {
			if stat, err := process.Stat(); err == nil && stat.State == "T" {
				return
			}
		}
	}
	t.Fatal("it has not stopped")
}

// unattendedGap is the reason in the report for what was not counted meanwhile.
const unattendedGap = "otwatch was stopped or got too little CPU time"

// awaitTraps waits until an instruction of the functions has a breakpoint, or until
// none has.
func awaitTraps(t *testing.T, pid int, symbols []string, some bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); (differences(t, pid, symbols) > 0) != some; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there are probes: %v, want %v", !some, some)
		}
	}
}
