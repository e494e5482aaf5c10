package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// ownMachine ends a test that changes the whole machine where that is not one of
// test/vm's, which run it.
func ownMachine(t *testing.T) bool {
	t.Helper()
	testtarget.NeedRoot(t)
	return testtarget.Emulated()
}

// attachedAs attaches as runAs does, and returns what was seen.
func attachedAs(t *testing.T, as capabilities) (*command, analyzer.Report) {
	t.Helper()
	c := runAs(t, as)
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	return c, decodeReport(t, c.stdout.String())
}

func stacksAreCut(c *command) bool {
	return strings.Contains(c.stderr.String(), sampler.ErrCut.Error())
}

// TestForbiddenBPF runs under a seccomp profile without bpf(2), as containers
// have by default. No capability helps.
func TestForbiddenBPF(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	t.Setenv(forbidden, strconv.Itoa(unix.SYS_BPF))
	for _, args := range [][]string{{"attach", "--pid", program.PIDString()}, {"doctor"}} {
		c := start(t, args...)
		said := c.wait()
		if output := c.stdout.String() + c.stderr.String(); said != exitHost || !strings.Contains(output, "seccomp") {
			t.Errorf("otwatch %s: exit code %d, want %d, and that it may be seccomp: %s", args[0], said, exitHost, output)
		}
	}
}

// TestLockedMemory has a service's limit on locked memory, which kernels before
// 5.11 count maps against.
func TestLockedMemory(t *testing.T) {
	if !ownMachine(t) { // the limit cannot be lifted again on every host
		return
	}
	as := granted(t)
	var lifted unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 64 << 10, Max: 64 << 10}, &lifted); err != nil {
		t.Fatal(err)
	}
	c := runAs(t, as)
	if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, &lifted, nil); err != nil {
		t.Fatal(err)
	}
	code := c.wait()
	if says := strings.Contains(c.stderr.String(), "LimitMEMLOCK=infinity"); code != exitDone && !(code == exitHost && says) {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
}

// TestWithoutTracefs needs none.
func TestWithoutTracefs(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	const at = "/sys/kernel/tracing"
	if err := unix.Unmount(at, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Mount("tracefs", at, "tracefs", 0, "") })
	if c, r := attachedAs(t, granted(t)); r.Probe.Hits == 0 {
		t.Errorf("no hits: %s", c.stderr)
	}
}

// TestParanoid sets what a distribution may have set, beside Debian's own 3.
func TestParanoid(t *testing.T) {
	const path = "/proc/sys/kernel/perf_event_paranoid"
	if !ownMachine(t) {
		return
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(path, before, 0) })
	for _, level := range []string{"2", "4"} {
		t.Run(level, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(level), 0); err != nil {
				t.Fatal(err)
			}
			c, r := attachedAs(t, granted(t))
			if r.Probe.Hits == 0 {
				t.Errorf("no hits: %s", c.stderr)
			}
			refused := strings.Contains(c.stderr.String(), "kernel.perf_event_paranoid is "+level+": set it to 2, or grant CAP_SYS_ADMIN")
			if (r.Probe.Samples == 0) != (refused || stacksAreCut(c)) || refused && level == "2" {
				t.Errorf("%d samples: %s", r.Probe.Samples, c.stderr)
			}
		})
	}
}

// TestLockdown has what even root may not do in a kernel that is locked down.
func TestLockdown(t *testing.T) {
	if !ownMachine(t) {
		return
	}
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
	if c := runAs(t, as); c.wait() != exitHost || !strings.Contains(c.stderr.String(), "lockdown=integrity") {
		t.Errorf("%v, want exit code %d and what to do: %s", c.cmd.ProcessState, exitHost, c.stderr)
	}
}
