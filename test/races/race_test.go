package races

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/testtarget"
)

var lasting = flag.Duration("each", 6*time.Second, "how long each race lasts")

// patience bounds waits for what comes soon.
const patience = 30 * time.Second

// built is what all races share.
var built struct {
	directory, otwatch string
	a, b               string // two builds of one program: the SDK stands elsewhere in each
	code               map[uint64]*build
}

func TestMain(m *testing.M) {
	flag.Parse()
	directory, err := os.MkdirTemp("", "otwatch-races-")
	if err != nil {
		panic(err)
	}
	built.directory = directory
	code := m.Run()
	os.RemoveAll(directory)
	os.Exit(code)
}

// buildAll builds otwatch and the program, once.
func buildAll(t *testing.T) {
	t.Helper()
	testtarget.NeedRoot(t)
	if built.code != nil {
		return
	}
	shifted := "-gcflags=go.opentelemetry.io/otel/sdk/internal/x=-l"
	built.otwatch = goBuild(t, "otwatch", "./cmd/otwatch")
	built.a = goBuild(t, "racer-a", "./testdata/targets/racer")
	built.b = goBuild(t, "racer-b", shifted, "./testdata/targets/racer")
	built.code = map[uint64]*build{}
	for _, path := range []string{built.a, built.b} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b := &build{inode: inodeOf(t, path), content: content, places: probePlaces(t, path)}
		built.code[b.inode] = b
	}
	if equalPlaces(built.code[inodeOf(t, built.a)].places, built.code[inodeOf(t, built.b)].places) {
		t.Fatal("the SDK stands at the same place in both builds: no race can show")
	}
}

func goBuild(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	path := filepath.Join(built.directory, name)
	if err := testtarget.Build(path, arguments...); err != nil {
		t.Fatal(err)
	}
	return path
}

func inodeOf(t *testing.T, path string) uint64 {
	t.Helper()
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return stat.Sys().(*syscall.Stat_t).Ino
}

func equalPlaces(a, b map[uint64]bool) bool {
	for place := range a {
		if !b[place] {
			return false
		}
	}
	return len(a) == len(b)
}

// racer is a running program, and all that it becomes.
type racer struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.Closer
	output bytes.Buffer
}

func start(t *testing.T, path string, arguments ...string) *racer {
	t.Helper()
	r := &racer{t: t, cmd: exec.Command(path, arguments...)}
	r.cmd.Stdout, r.cmd.Stderr = &r.output, &r.output
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *racer) pid() int { return r.cmd.Process.Pid }

// stop ends the program by the end of its input. It fails the test if the program
// ends otherwise, or has ended already.
func (r *racer) stop() {
	r.t.Helper()
	r.stdin.Close()
	killed := time.AfterFunc(patience, func() { _ = r.cmd.Process.Kill() })
	defer killed.Stop()
	if err := r.cmd.Wait(); err != nil || strings.Contains(r.output.String(), "failed") {
		r.t.Errorf("pid %d: %v\n%s", r.pid(), err, firstLines(r.output.String()))
	}
}

func firstLines(s string) string { return s[:min(len(s), 1500)] }

func await(t *testing.T, what string, done func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// watch runs otwatch for as long as a race lasts.
func watch(t *testing.T, arguments ...string) (ended <-chan error, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	command := exec.Command(built.otwatch, append([]string{"attach", "--output", "none", "--duration", lasting.String()}, arguments...)...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	return done, log
}

// byName selects both builds, wherever they are.
var byName = []string{"--name", "racer-[ab]"}

// race watches programs while pids yields those that run. What stands in their code
// is looked at all the time.
func race(t *testing.T, selection []string, pids func() []int) {
	t.Helper()
	ended, log := watch(t, selection...)
	standing := 0
	for over := false; !over; time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-ended:
			if over = true; err != nil {
				t.Errorf("otwatch: %v\n%s", err, firstLines(log.String()))
			}
		default:
		}
		for _, pid := range pids() {
			differences, probes := foreign(pid, built.code, !over)
			standing += probes
			if len(differences) > 0 {
				t.Fatalf("pid %d: %d bytes differ from the executable:\n%s", pid, len(differences), strings.Join(differences[:min(len(differences), 10)], "\n"))
			}
		}
	}
	if standing == 0 {
		t.Errorf("no probe was seen at all:\n%s", firstLines(log.String()))
	}
}

// TestExec watches a program that becomes another build of itself, the same one, or
// something else for a moment, while it is examined, attached to and watched.
func TestExec(t *testing.T) {
	buildAll(t)
	shell := filepath.Join(built.directory, "pause")
	script := fmt.Sprintf("#!/bin/sh\nsleep 0.05\nexec %s \"$@\"\n", built.a)
	if err := os.WriteFile(shell, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		become      []string
		least, most string
	}{
		{"another build", []string{built.a, built.b}, "60ms", "700ms"},
		{"another build, at short intervals", []string{built.a, built.b}, "5ms", "120ms"},
		{"itself", []string{built.a}, "60ms", "700ms"},
		{"a script for a moment", []string{built.a, built.b, shell}, "60ms", "700ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			arguments := []string{"-least", test.least, "-most", test.most}
			for _, path := range test.become {
				arguments = append(arguments, "-become", path)
			}
			r := start(t, built.a, arguments...)
			defer r.stop()
			race(t, byName, func() []int { return []int{r.pid()} })
		})
	}
}

// TestExecWhileAttaching is the same with a process chosen by its pid: that it becomes
// another program is no reason to end.
func TestExecWhileAttaching(t *testing.T) {
	buildAll(t)
	r := start(t, built.a, "-become", built.a, "-become", built.b, "-least", "60ms", "-most", "700ms")
	defer r.stop()
	race(t, []string{"--pid", strconv.Itoa(r.pid())}, func() []int { return []int{r.pid()} })
}

// TestFork watches a program that starts children, which run the same executable for
// moments.
func TestFork(t *testing.T) {
	buildAll(t)
	r := start(t, built.a, "-children")
	defer r.stop()
	race(t, byName, func() []int { return testtarget.Family(r.pid()) })
}

// TestUpgrade watches a program whose executable is replaced by another build, again
// and again, and which becomes what there is by exec.
func TestUpgrade(t *testing.T) {
	buildAll(t)
	directory := t.TempDir()
	path := filepath.Join(directory, "racer-a")
	install := func(from string) {
		fresh := filepath.Join(directory, "fresh")
		_ = os.Remove(fresh)
		if err := os.Link(from, fresh); err != nil {
			t.Error(err)
		}
		if err := os.Rename(fresh, path); err != nil {
			t.Error(err)
		}
	}
	install(built.a)
	r := start(t, path, "-become", path, "-least", "60ms", "-most", "500ms")
	defer r.stop()
	done := make(chan struct{})
	defer close(done)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(130 * time.Millisecond):
				install([]string{built.b, built.a}[i%2])
			}
		}
	}()
	race(t, byName, func() []int { return []int{r.pid()} })
}

// TestMapped watches a program that has its executable mapped twice, and the other
// build's code too, as the host of a plugin has.
func TestMapped(t *testing.T) {
	buildAll(t)
	r := start(t, built.a, "-map", built.a, "-map", built.b)
	defer r.stop()
	race(t, byName, func() []int { return []int{r.pid()} })
}

// TestPIDReused watches programs that end, while their pids go to processes of the
// other build at once.
func TestPIDReused(t *testing.T) {
	buildAll(t)
	const lastPID = "/proc/sys/kernel/ns_last_pid"
	if _, err := os.Stat(lastPID); err != nil {
		t.Skipf("KERNEL TEST NOT RUN: this kernel does not let anyone choose a pid: %v", err)
	}
	r, reused := start(t, built.a), 0
	defer func() { r.stop() }()
	next := time.Now().Add(700 * time.Millisecond)
	race(t, byName, func() []int {
		if time.Now().After(next) {
			pid := r.pid()
			r.stop()
			if err := os.WriteFile(lastPID, []byte(strconv.Itoa(pid-1)), 0); err != nil {
				t.Error(err)
			}
			r = start(t, []string{built.b, built.a}[reused%2])
			if r.pid() == pid {
				reused++
			}
			next = time.Now().Add(700 * time.Millisecond)
		}
		return []int{r.pid()}
	})
	if reused == 0 {
		t.Error("no pid went to another process")
	}
}
