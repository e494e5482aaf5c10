package testtarget

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	targets   = "github.com/otwatch/otwatch/testdata/targets/"
	reference = "reference"
	// patience bounds every wait for the target. Loads end much sooner.
	patience = 60 * time.Second
)

// NeedRoot skips a kernel test without root, with a conspicuous reason, and fails it
// where kernel tests are required, as in CI.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("OTWATCH_KERNEL_TESTS") == "required" {
		t.Fatal("kernel tests must run as root")
	}
	t.Skip("KERNEL TEST NOT RUN: it needs root")
}

// Emulated reports whether the test runs in one of test/vm's machines, where times, and
// everything derived from them, are meaningless.
func Emulated() bool { return os.Getenv("OTWATCH_EMULATED") != "" }

// Target is a running program, paused before its load.
type Target struct {
	t     testing.TB
	cmd   *exec.Cmd
	pid   int
	stdin io.WriteCloser
	lines chan string
}

// Totals are the SDK's own counts, by metric name; with the suffix /error for points that
// have an error.type.
type Totals map[string]int64

// programs are the executables built so far, by the target's name.
var programs = struct {
	sync.Mutex
	paths map[string]string
}{paths: map[string]string{}}

func build(name string) (path, output string, err error) {
	programs.Lock()
	defer programs.Unlock()
	if path, ok := programs.paths[name]; ok {
		return path, "", nil
	}
	path = filepath.Join(os.TempDir(), "otwatch-"+name+"-"+filepath.Base(os.Args[0])+"-"+time.Now().Format("150405.000000"))
	out, err := exec.Command("go", "build", "-o", path, targets+name).CombinedOutput()
	if err != nil {
		return "", string(out), err
	}
	programs.paths[name] = path
	return path, "", nil
}

// Main runs a package's tests, removes the programs they built, and ends with the
// tests' exit code.
func Main(m *testing.M, cleanup ...func()) {
	code := m.Run()
	for _, clean := range cleanup {
		clean()
	}
	for _, path := range programs.paths {
		os.Remove(path)
	}
	os.Exit(code)
}

// Executable is the path of the reference program, built at the first call.
func Executable(t testing.TB) string {
	t.Helper()
	return executable(t, reference)
}

func executable(t testing.TB, name string) string {
	t.Helper()
	path, output, err := build(name)
	if err != nil {
		t.Fatalf("build %s: %v\n%s", targets+name, err, output)
	}
	return path
}

// Start starts the reference program with self-observability on, and returns when its
// providers are set up.
func Start(t testing.TB, args ...string) *Target {
	t.Helper()
	return StartNamed(t, reference, args...)
}

// StartNamed starts another program of testdata/targets that goes through the same steps.
func StartNamed(t testing.TB, name string, args ...string) *Target {
	t.Helper()
	return StartCommand(t, exec.Command(executable(t, name), args...))
}

// StartCommand does the same with a command that is a copy of a program, or whose last
// descendant is one.
func StartCommand(t testing.TB, cmd *exec.Cmd) *Target {
	t.Helper()
	cmd.Env = append(os.Environ(), "OTEL_GO_X_OBSERVABILITY=true", "OTEL_SERVICE_NAME=reference")
	cmd.Stderr = os.Stderr
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	target := &Target{t: t, cmd: cmd, stdin: stdin, lines: make(chan string, 16)}
	go func() {
		defer close(target.lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			target.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	target.expect("ready")
	target.pid = lastDescendant(cmd.Process.Pid)
	return target
}

// lastDescendant follows a process's only child, and that one's, to the last.
func lastDescendant(pid int) int {
	for {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		child, numErr := strconv.Atoi(strings.TrimSpace(string(children)))
		if err != nil || numErr != nil {
			return pid
		}
		pid = child
	}
}

// PID is the program's process id.
func (target *Target) PID() int { return target.pid }

// PIDString is the process id in decimal.
func (target *Target) PIDString() string { return strconv.Itoa(target.PID()) }

// Begin starts the load.
func (target *Target) Begin() { target.next() }

// AwaitLoad returns when the load is complete.
func (target *Target) AwaitLoad() {
	target.t.Helper()
	target.expect("loaded")
}

// Shutdown has the program shut its provider down, and returns the SDK's counts. The
// program then waits or, with -exit-at-once, ends.
func (target *Target) Shutdown() Totals {
	target.t.Helper()
	target.next()
	return target.Totals()
}

// Totals waits for the SDK's counts.
func (target *Target) Totals() Totals {
	target.t.Helper()
	var totals Totals
	if line := target.line(); json.Unmarshal([]byte(line), &totals) != nil {
		target.t.Fatalf("the program printed %q for its totals", line)
	}
	return totals
}

// Exit has the program end.
func (target *Target) Exit() { target.next() }

// next sends the line that has the program go on. If it has ended the line is lost.
func (target *Target) next() { _, _ = io.WriteString(target.stdin, "\n") }

func (target *Target) expect(want string) {
	target.t.Helper()
	if line := target.line(); line != want {
		target.t.Fatalf("the program printed %q, want %q", line, want)
	}
}

func (target *Target) line() string {
	target.t.Helper()
	select {
	case line := <-target.lines:
		return line
	case <-time.After(patience):
		target.t.Fatal("the program printed nothing in time")
		return ""
	}
}
