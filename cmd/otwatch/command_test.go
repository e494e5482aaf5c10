package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// otwatch builds the command under test once.
var otwatch string

func TestMain(m *testing.M) {
	if os.Getenv(signalled) != "" {
		beSignalled()
	}
	if call := os.Getenv(forbidden); call != "" {
		execForbidden(call)
	}
	dir, err := os.MkdirTemp("", "otwatch-test-")
	if err != nil {
		panic(err)
	}
	otwatch = filepath.Join(dir, "otwatch")
	build := exec.Command("go", "build", "-o", otwatch, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	testtarget.Main(m, func() { os.RemoveAll(dir) })
}

// command is a running otwatch.
type command struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *lockedBuffer
}

func start(t *testing.T, args ...string) *command {
	t.Helper()
	args = append([]string{otwatch}, args...)
	if os.Getenv(forbidden) != "" {
		args = append([]string{os.Args[0]}, args...) // it executes otwatch
	}
	return launchCommand(t, exec.Command(args[0], args[1:]...))
}

// launchCommand starts a command that ends with the test. Its output is kept, unless it is
// redirected.
func launchCommand(t *testing.T, cmd *exec.Cmd) *command {
	t.Helper()
	c := &command{t: t, cmd: cmd, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	if cmd.Stdout == nil {
		cmd.Stdout = c.stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = c.stderr
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	return c
}

// attached starts otwatch attach and waits until its probes are in place.
func attached(t *testing.T, args ...string) *command {
	t.Helper()
	c := start(t, append([]string{"attach"}, args...)...)
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(c.stderr.String(), "msg=attached"); {
		if time.Now().After(deadline) {
			t.Fatalf("otwatch did not attach in time: %s", c.stderr)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return c
}

// interrupt sends the signal of Ctrl-C and waits.
func (c *command) interrupt() int {
	c.t.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		c.t.Fatal(err)
	}
	return c.wait()
}

// wait returns the exit code.
func (c *command) wait() int {
	c.t.Helper()
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return c.cmd.ProcessState.ExitCode()
}

func TestBadInput(t *testing.T) {
	sleep := startSleep(t)
	tests := []struct {
		name string
		args []string
		code int
		says string // part of stderr
	}{
		{"nothing to attach to", []string{"attach"}, exitUsage, "--pid, --name"},
		{"no such command", []string{"atach"}, exitUsage, `unknown command "atach"`},
		{"no such flag", []string{"attach", "--pids", "1"}, exitUsage, "-pids"},
		{"stray argument", []string{"attach", "--pid", sleep, "4711"}, exitUsage, `unexpected argument "4711"`},
		{"pid not a number", []string{"attach", "--pid", "web"}, exitUsage, `--pid "web"`},
		{"pid not positive", []string{"attach", "--pid", "-4"}, exitUsage, "-4"},
		{"no such pid", []string{"attach", "--pid", "4194303"}, exitTarget, "pid 4194303"},
		{"not a Go program", []string{"attach", "--pid", sleep}, exitTarget, "not a Go program"},
		{"no such name", []string{"attach", "--name", "no-such-*"}, exitTarget, "no-such-*"},
		{"malformed cgroup", []string{"attach", "--cgroup", "/a/[b"}, exitUsage, `--cgroup "/a/[b"`},
		{"excluded from nothing", []string{"attach", "--pid", sleep, "--exclude", "a"}, exitUsage, "--exclude"},
		{"no such cgroup", []string{"attach", "--cgroup", "/no/such/group"}, exitTarget, "/no/such/group"},
		{"host budget 0", []string{"attach", "--all", "--host-budget", "0%"}, exitUsage, `--host-budget "0%"`},
		{"list in no such form", []string{"list", "--output", "xml"}, exitUsage, `--output "xml"`},
		{"malformed name", []string{"attach", "--name", "[a"}, exitUsage, `--name "[a"`},
		{"profile nowhere", []string{"attach", "--pid", sleep, "--pprof", "/no/such/cpu.pb.gz"}, exitUsage, "--pprof /no/such/cpu.pb.gz: no such directory"},
		{"budget 0", []string{"attach", "--pid", sleep, "--budget", "0%"}, exitUsage, `--budget "0%"`},
		{"budget negative", []string{"attach", "--pid", sleep, "--budget=-1%"}, exitUsage, `--budget "-1%"`},
		{"budget over 100", []string{"attach", "--pid", sleep, "--budget", "101%"}, exitUsage, `--budget "101%"`},
		{"budget not a number", []string{"attach", "--pid", sleep, "--budget", "NaN%"}, exitUsage, `--budget "NaN%"`},
		{"limit without value", []string{"attach", "--pid", sleep, "--limit", "cpu"}, exitUsage, `--limit "cpu": must be NAME=VALUE`},
		{"budget without percent", []string{"attach", "--pid", sleep, "--budget", "0.01"}, exitUsage, `--budget "0.01"`},
		{"malformed duration", []string{"attach", "--pid", sleep, "--duration", "10"}, exitUsage, "duration"},
		{"negative duration", []string{"attach", "--pid", sleep, "--duration", "-1s"}, exitUsage, "--duration -1s"},
		{"interval too short", []string{"attach", "--pid", sleep, "--interval", "1ms"}, exitUsage, "--interval 1ms"},
		{"no such output", []string{"attach", "--pid", sleep, "--output", "xml"}, exitUsage, `--output "xml"`},
		{"malformed endpoint", []string{"attach", "--pid", sleep, "--endpoint", "ftp://x"}, exitUsage, "ftp://x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, test.args...)
			if code := c.wait(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.Contains(c.stderr.String(), test.says) {
				t.Errorf("stderr is %q, which does not say %q", c.stderr, test.says)
			}
			if c.stdout.String() != "" {
				t.Errorf("stdout is %q, want nothing", c.stdout)
			}
		})
	}
}

func startSleep(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return pidOf(cmd.Process)
}

func TestNoPrivilege(t *testing.T) {
	testtarget.NeedRoot(t)
	sleep := startSleep(t)
	cmd := exec.Command("setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all", otwatch, "attach", "--pid", sleep)
	makeReadable(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != exitHost {
		t.Errorf("%v, want exit code %d", err, exitHost)
	}
	for _, name := range []string{"CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE"} {
		if !strings.Contains(stderr.String(), name) {
			t.Errorf("stderr is %q, which does not name %s", &stderr, name)
		}
	}
}

// makeReadable lets other users execute the command under test.
func makeReadable(t *testing.T) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(otwatch), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestListAndDoctor(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	list := start(t, "list")
	if code := list.wait(); code != exitDone {
		t.Errorf("list: exit code %d: %s", code, list.stderr)
	}
	found := false
	for line := range strings.Lines(list.stdout.String()) {
		fields := strings.Fields(line)
		found = found || len(fields) == 5 && fields[0] == program.PIDString() && fields[1] == "reference" &&
			strings.HasPrefix(fields[2], "go1.") && strings.HasPrefix(fields[3], "v1.") && strings.Contains(fields[4], "otwatch-reference")
	}
	if !found {
		t.Errorf("list does not show pid %d with its service, versions and executable:\n%s", program.PID(), list.stdout)
	}
	doctor := start(t, "doctor")
	if code := doctor.wait(); code != exitDone {
		t.Errorf("doctor: exit code %d:\n%s", code, doctor.stdout)
	}
}
