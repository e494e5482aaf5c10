package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// brief builds the short-lived program once in each way: the default one, or stripped and
// position-independent.
func brief(t *testing.T, pie bool) string {
	t.Helper()
	path, err := buildBrief()
	if pie {
		path, err = buildBriefPIE()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildBrief = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(otwatch), "brief")
	return path, testtarget.Build(path, "./testdata/targets/brief")
})

var buildBriefPIE = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(otwatch), "brief-pie")
	return path, testtarget.Build(path, "-buildmode=pie", "-ldflags=-s -w", "./testdata/targets/brief")
})

// reported is the report that otwatch run has written to a file.
func reported(t *testing.T, file string) report.Report {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	return r
}

// TestRun watches programs that live for a moment. Whatever starts them, all that they do
// is counted.
func TestRun(t *testing.T) {
	testtarget.NeedRoot(t)
	endpoint := testtarget.Receive(t, testtarget.Accept)
	tests := []struct {
		name    string
		pie     bool
		wrapper string // a shell's command line, in which $0 is the program; empty: none
		args    []string
		code    int
		stdout  string
		spans   uint64
		lost    uint64
		finding string // empty: none
	}{
		{"shut down", false, "", []string{"-spans", "23"}, 0, "done\n", 23, 0, ""},
		{"position-independent, stripped", true, "", []string{"-spans", "23", "-exit", "7"}, 7, "done\n", 23, 0, ""},
		{"not shut down", false, "", []string{"-spans", "31", "-shutdown=false", "-exit", "3"}, 3, "done\n", 31, 31, "lost-at-exit"},
		{"executed by a shell", false, `exec "$0" "$@"`, []string{"-spans", "13", "-exit", "5"}, 5, "done\n", 13, 0, ""},
		{"child of a shell", false, `"$0" "$@"; echo "it ended: $?"`, []string{"-spans", "17", "-exit", "5"}, 0, "done\nit ended: 5\n", 17, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "report.json")
			args := []string{"run", "--output", "json", "--output-file", file, "--"}
			if test.wrapper != "" {
				args = append(args, "sh", "-c", test.wrapper)
			}
			c := start(t, append(append(args, brief(t, test.pie), "-endpoint", endpoint), test.args...)...)
			if code := c.wait(); code != test.code || c.stdout.String() != test.stdout || c.stderr.String() != "" {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, %q and nothing", code, c.stdout, c.stderr, test.code, test.stdout)
			}
			r := reported(t, file)
			for figure, got := range map[string]*estimate.Estimate{"started": r.Spans.Started, "sampled": r.Spans.Sampled} {
				if got == nil || !got.Exact || got.N != test.spans {
					t.Errorf("spans %s: %+v, want exactly %d", figure, got, test.spans)
				}
			}
			if got := r.Spans.Exported; got == nil || !got.Exact || got.N != test.spans-test.lost {
				t.Errorf("spans exported: %+v, want exactly %d", got, test.spans-test.lost)
			}
			if got := r.Spans.LostAtExit; got == nil || !got.Exact || got.Value != float64(test.lost) {
				t.Errorf("spans lost at exit: %+v, want exactly %d", got, test.lost)
			}
			if got := r.Spans.Live; got == nil || !got.Exact || got.N != 0 {
				t.Errorf("spans live: %+v, want exactly 0", got)
			}
			if test.finding == "" && len(r.Findings) > 0 || test.finding != "" && (len(r.Findings) != 1 || r.Findings[0].ID != test.finding) {
				t.Errorf("findings %+v, want %q", r.Findings, test.finding)
			}
		})
	}
}

// TestRunWithinBudget expects of a program that makes more spans than the budget lets probes
// count that neither those which ended nor those which started are reported wrong.
func TestRunWithinBudget(t *testing.T) {
	testtarget.NeedRoot(t)
	file := filepath.Join(t.TempDir(), "report.json")
	c := start(t, "run", "--output", "json", "--output-file", file, brief(t, false), "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "20000", "-pause", "0")
	if code := c.wait(); code != 0 {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	spans := reported(t, file).Spans
	if e := spans.Ended; e == nil || e.Low > 20000 || e.High < 20000 {
		t.Errorf("spans ended: %+v, want exactly 20,000, or an interval with that", e)
	}
	if s := spans.Started; s == nil || s.Exact || s.Low > 20000 || s.High < 20000 {
		t.Errorf("spans started: %+v, want an estimate of 20,000", s)
	}
}

// ignored is the line of the kernel that has the signals that this process ignores, which its
// children ignore, too.
func ignored(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "SigIgn:")
	line, _, _ = strings.Cut(line, "\n")
	return "SigIgn:" + line + "\n"
}

// TestRunUnwatched runs commands that cannot be watched, or not even started.
func TestRunUnwatched(t *testing.T) {
	testtarget.NeedRoot(t)
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout string
		says   string // stderr
	}{
		{"no Go program", []string{"sh", "-c", "echo mine; exit 9"}, 9, "mine\n", "no report: pid"},
		{"no OpenTelemetry", []string{"go", "env", "GOOS"}, 0, "linux\n", "is a Go program without OpenTelemetry"},
		{"ended by a signal", []string{"sh", "-c", "kill -KILL $$"}, 128 + 9, "", "is not a Go program"},
		{"its options are its own", []string{"echo", "--help", "-n", "--budget"}, 0, "--help -n --budget\n", "is not a Go program"},
		{"its signals are not ignored", []string{"grep", "SigIgn", "/proc/self/status"}, 0, ignored(t), "is not a Go program"},
		{"not found", []string{"no-such-command"}, exitNotFound, "", "no-such-command: command not found"},
		{"not executable", []string{"/etc/passwd"}, exitNotExecutable, "", "/etc/passwd: cannot be executed: permission denied"},
		{"a directory", []string{"/"}, exitNotExecutable, "", "/: cannot be executed: is a directory"},
		{"no command", nil, exitUsage, "", "no command given"},
		{"wrong option", []string{"--budget", "1", "true"}, exitUsage, "", `--budget "1"`},
		{"option of attach", []string{"--pid", "1", "true"}, exitUsage, "", "-pid"},
		{"fails before the start", []string{"--output-file", "/no/such/file", "sh", "-c", "echo begun"}, exitUsage, "", "--output-file /no/such/file: no such directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, append([]string{"run"}, test.args...)...)
			if code := c.wait(); code != test.code || c.stdout.String() != test.stdout || !strings.Contains(c.stderr.String(), test.says) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, %q and %q", code, c.stdout, c.stderr, test.code, test.stdout, test.says)
			}
		})
	}
}

// TestRunPassesSignals sends a signal to otwatch only, and has a terminal send one to both.
func TestRunPassesSignals(t *testing.T) {
	testtarget.NeedRoot(t)
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, unix.SIGINT) // so that commands do not ignore it, where a shell runs the tests in the background
	t.Cleanup(func() { signal.Stop(handled) })
	tests := []struct {
		name string
		code int
		send func(c *command, terminal *os.File) error
	}{
		{"to otwatch", 128 + int(unix.SIGTERM), func(c *command, _ *os.File) error { return c.cmd.Process.Signal(unix.SIGTERM) }},
		{"Ctrl-C", 128 + int(unix.SIGINT), func(_ *command, terminal *os.File) error {
			_, err := terminal.Write([]byte{3})
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "report.json")
			controller, terminal := pseudoTerminal(t)
			cmd := exec.Command(otwatch, "run", "--output", "json", "--output-file", file, "--",
				brief(t, false), "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "11", "-wait")
			cmd.Stdin = terminal
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			c := launchCommand(t, cmd)
			for deadline := time.Now().Add(30 * time.Second); !strings.Contains(c.stdout.String(), "done"); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the command did not get so far: %s", c.stderr)
				}
			}
			if err := test.send(c, controller); err != nil {
				t.Fatal(err)
			}
			if code := c.wait(); code != test.code || c.stderr.String() != "" {
				t.Errorf("exit code %d, stderr %q; want %d and nothing", code, c.stderr, test.code)
			}
			if got := reported(t, file).Spans.Started; got == nil || !got.Exact || got.N != 11 {
				t.Errorf("spans started: %+v, want exactly 11", got)
			}
		})
	}
}

// TestRunFailsOn expects the exit code of --fail-on, but not in place of the command's own.
func TestRunFailsOn(t *testing.T) {
	testtarget.NeedRoot(t)
	endpoint := testtarget.Receive(t, testtarget.Accept)
	for exit, want := range map[string]int{"0": exitFinding, "4": 4} {
		c := start(t, "run", "--output", "none", "--fail-on", "warning", "--", brief(t, false), "-endpoint", endpoint, "-shutdown=false", "-exit", exit)
		if code := c.wait(); code != want || !strings.Contains(c.stderr.String(), "--fail-on warning: lost-at-exit (critical)") {
			t.Errorf("exit code %d, %q, of a command with exit code %s; want %d", code, c.stderr, exit, want)
		}
	}
}

// TestCompletionRunsNothing has a script of completion ask what may follow a command.
func TestCompletionRunsNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ran")
	cmd := exec.Command(otwatch, "run", "--", "touch", file, "--generate-bash-completion")
	cmd.Env = append(os.Environ(), shellVariable+"=bash")
	out, err := cmd.CombinedOutput()
	if _, ran := os.Stat(file); err != nil || len(out) > 0 || ran == nil {
		t.Errorf("%v, %q, and the command's file: %v; want nothing", err, out, ran)
	}
}
