package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// byPerfEvents reports whether probes are placed by perf events here. It also lifts the
// limit on locked memory for processes that the test starts, as systemd's LimitMEMLOCK
// does.
func byPerfEvents(t *testing.T) bool {
	t.Helper()
	testtarget.NeedRoot(t)
	session, err := probes.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	return session.ByPerfEvents()
}

// TestPrivilegesAreDropped checks every thread of an otwatch that root started. Other
// tests check that windows still open afterwards.
func TestPrivilegesAreDropped(t *testing.T) {
	want := uint64(1<<unix.CAP_BPF | 1<<unix.CAP_PERFMON | 1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_DAC_READ_SEARCH)
	if byPerfEvents(t) {
		want |= 1 << unix.CAP_SYS_ADMIN
	}
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "100", "-spans", "1000000")
	c := attached(t, "--pid", program.PIDString(), "--output", "jsonl", "--interval", "100ms")
	program.Begin()
	for deadline := time.Now().Add(30 * time.Second); c.stdout.String() == ""; time.Sleep(10 * time.Millisecond) { // privileges are dropped before the first report
		if time.Now().After(deadline) {
			t.Fatalf("no report: %s", c.stderr)
		}
	}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", c.cmd.Process.Pid))
	if err != nil || len(threads) < 2 {
		t.Fatalf("%d threads, error %v", len(threads), err)
	}
	for _, path := range threads {
		status, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			fmt.Sprintf("CapPrm:\t%016x\n", want), fmt.Sprintf("CapEff:\t%016x\n", want), "CapInh:\t0000000000000000\n", "NoNewPrivs:\t1\n",
		} {
			if !strings.Contains(string(status), line) {
				t.Errorf("%s lacks %q:\n%s", path, line, status)
			}
		}
	}
	if code := c.interrupt(); code != exitDone {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
}

// capabilities are those that a service manager grants to a service that does not run
// as root.
type capabilities []uintptr

var fewest = capabilities{unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH}

// runAs attaches for a second to a process of root, as the user nobody with some
// capabilities.
func runAs(t *testing.T, granted capabilities) *command {
	t.Helper()
	makeReadable(t)
	rate := "0" // as fast as possible, to appear in the samples of one second
	if testtarget.Emulated() {
		rate = "2000" // enough load there, and otwatch gets time on the only CPU
	}
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", rate, "-spans", "1000000000")
	c := &command{t: t, cmd: exec.Command(otwatch, "attach", "--pid", program.PIDString(), "--duration", "1s", "--output", "json"),
		stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	c.cmd.Stdout, c.cmd.Stderr = c.stdout, c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, AmbientCaps: granted, Pdeathsig: syscall.SIGKILL,
	}
	program.Begin()
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// granted returns the capabilities that attaching needs here according to
// docs/privileges.md.
func granted(t *testing.T) capabilities {
	if byPerfEvents(t) {
		return append(fewest[:len(fewest):len(fewest)], unix.CAP_SYS_ADMIN)
	}
	return fewest
}

// TestFewestPrivileges counts and samples with the privileges in docs/privileges.md;
// with less, otwatch says what is missing.
func TestFewestPrivileges(t *testing.T) {
	t.Run("as documented", func(t *testing.T) {
		c := runAs(t, granted(t))
		if code := c.wait(); code != exitDone {
			t.Fatalf("exit code %d: %s", code, c.stderr)
		}
		r := decodeReport(t, c.stdout.String())
		if r.Probe.Hits == 0 || len(r.Processors) != 1 {
			t.Errorf("%d hits, %d processors", r.Probe.Hits, len(r.Processors))
		}
		if r.Probe.Samples == 0 && !strings.Contains(c.stderr.String(), "kernel.perf_event_paranoid") &&
			!strings.Contains(c.stderr.String(), "innermost frames") {
			t.Errorf("nothing was sampled, and it does not say why: %s", c.stderr)
		}
	})
	t.Run("another user's process", func(t *testing.T) {
		without := slices.DeleteFunc(slices.Clone(granted(t)), func(capability uintptr) bool { return capability == unix.CAP_DAC_READ_SEARCH })
		runAs(t, without).refused("CAP_DAC_READ_SEARCH")
	})
	if !byPerfEvents(t) {
		return // not granted above
	}
	t.Run("without CAP_SYS_ADMIN", func(t *testing.T) {
		c := runAs(t, fewest)
		if c.wait() != exitDone {
			c.wasRefused("CAP_SYS_ADMIN")
		} else if r := decodeReport(t, c.stdout.String()); r.Probe.Hits == 0 { // a kernel that lets CAP_PERFMON
			t.Error("no hits")
		}
	})
}
