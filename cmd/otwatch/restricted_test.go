package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// ownMachine skips a test that changes the whole machine, unless it runs in a machine
// of test/vm. CI allows this reason for a skip.
func ownMachine(t *testing.T) {
	t.Helper()
	testtarget.NeedRoot(t)
	if !testtarget.Emulated() {
		t.Skip("it changes the whole machine: make vm runs it")
	}
}

// attachedAs attaches as runAs does and returns the report.
func attachedAs(t *testing.T, as capabilities) (*command, report.Report) {
	t.Helper()
	c := runAs(t, as)
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	return c, decodeReport(t, c.stdout.String())
}

// refused waits for an otwatch that the host refuses, and expects one line that says
// so.
func (c *command) refused(says string) {
	c.t.Helper()
	c.wait()
	c.wasRefused(says)
}

func (c *command) wasRefused(says string) {
	c.t.Helper()
	code, line := c.cmd.ProcessState.ExitCode(), c.stderr.String()
	if code != exitHost || !strings.Contains(line, says) || strings.Count(line, "\n") != 1 {
		c.t.Errorf("exit code %d, want %d and one line with %q: %s", code, exitHost, says, line)
	}
}

func stacksAreCut(c *command) bool {
	return strings.Contains(c.stderr.String(), sampler.ErrCut.Error())
}

// TestForbiddenBPF runs under a seccomp profile that refuses bpf(2), the default of
// containers. No capability helps.
func TestForbiddenBPF(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	t.Setenv(forbidden, strconv.Itoa(unix.SYS_BPF))
	start(t, "attach", "--pid", program.PIDString()).refused("a seccomp profile, such as a container's")
	doctor := start(t, "doctor")
	if code := doctor.wait(); code != exitHost || !strings.Contains(doctor.stdout.String(), "seccomp") {
		t.Errorf("doctor: exit code %d, want %d, and that it may be seccomp: %s", code, exitHost, doctor.stdout)
	}
}

// TestOldKernel simulates a kernel before 5.10: it reports an old version and fails as
// an old kernel would.
func TestOldKernel(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	t.Setenv(forbidden, strconv.Itoa(unix.SYS_BPF))
	t.Setenv(oldKernel, "1")
	start(t, "attach", "--pid", program.PIDString()).refused("this is Linux 2.6.")
}

// TestLockedMemory has a service's limit on locked memory. Kernels before 5.11 count
// BPF maps against it.
func TestLockedMemory(t *testing.T) {
	ownMachine(t) // the limit cannot be lifted again on every host
	as := granted(t)
	var lifted unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10}, &lifted); err != nil {
		t.Fatal(err)
	}
	c := runAs(t, as)
	if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &lifted, nil); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kernelRelease(t), "5.10.") {
		c.refused("LimitMEMLOCK=infinity")
	} else if code := c.wait(); code != exitDone {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
}

func kernelRelease(t *testing.T) string {
	t.Helper()
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	return string(release)
}

// TestWithoutTracefs attaches without tracefs.
func TestWithoutTracefs(t *testing.T) {
	ownMachine(t)
	const at = "/sys/kernel/tracing"
	if err := unix.Unmount(at, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Mount("tracefs", at, "tracefs", 0, "") })
	if c, r := attachedAs(t, granted(t)); r.Probe.Hits == 0 {
		t.Errorf("no hits: %s", c.stderr)
	}
}

// TestParanoid sets the levels of perf_event_paranoid that distributions use. With
// CAP_SYS_ADMIN, otwatch samples at any level.
func TestParanoid(t *testing.T) {
	const path = "/proc/sys/kernel/perf_event_paranoid"
	ownMachine(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(path, before, 0) })
	perfEvents := byPerfEvents(t)
	for _, level := range []string{"2", "3", "4"} {
		t.Run(level, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(level), 0); err != nil {
				t.Fatal(err)
			}
			c, r := attachedAs(t, granted(t))
			if r.Probe.Hits == 0 {
				t.Errorf("no hits: %s", c.stderr)
			}
			refused := strings.Contains(c.stderr.String(), "kernel.perf_event_paranoid is "+level+": set it to 2, or grant CAP_SYS_ADMIN")
			if (r.Probe.Samples == 0) != (refused || stacksAreCut(c)) || refused != (level != "2" && !perfEvents) {
				t.Errorf("%d samples: %s", r.Probe.Samples, c.stderr)
			}
		})
	}
}

// TestLockdown refuses what a kernel in lockdown refuses even to root.
func TestLockdown(t *testing.T) {
	ownMachine(t)
	as := granted(t)
	lockDown := func(level string) {
		if err := os.WriteFile("/sys/kernel/security/lockdown", []byte(level), 0); err != nil {
			t.Fatal(err)
		}
	}
	lockDown("integrity")
	if c, r := attachedAs(t, as); r.Probe.Hits == 0 {
		t.Errorf("no hits: %s", c.stderr)
	}
	lockDown("confidentiality")
	runAs(t, as).refused("lockdown=integrity")
}
