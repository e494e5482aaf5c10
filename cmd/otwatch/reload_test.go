package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// hearHangups keeps children from ignoring SIGHUP where nohup runs the tests.
func hearHangups(t *testing.T) {
	t.Helper()
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, unix.SIGHUP)
	t.Cleanup(func() { signal.Stop(handled) })
}

// TestReload changes the configuration while a program is watched. Its probes stay, its spans
// are counted exactly, and a mistake changes nothing. Then the program is not selected, and
// selected again.
func TestReload(t *testing.T) {
	testtarget.NeedRoot(t)
	hearHangups(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "100", "-spans", "307")
	receiver := testtarget.Receive(t, testtarget.Accept)
	file := filepath.Join(t.TempDir(), "otwatch.yaml")
	selected := "name: " + filepath.Base(testtarget.Executable(t)) + "\noutput: json\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(selected)
	c := attached(t, "--config", file)
	reload := func(text, says string) {
		t.Helper()
		write(text)
		if err := c.cmd.Process.Signal(unix.SIGHUP); err != nil {
			t.Fatal(err)
		}
		c.await(says)
	}
	standing := links(t, c.cmd.Process.Pid)
	time.Sleep(3 * time.Second) // longer than a window: what is still there stays
	after := links(t, c.cmd.Process.Pid)
	standing = slices.DeleteFunc(standing, func(link string) bool { return !slices.Contains(after, link) })

	program.Begin()
	own := "ignore: hot-path\ntargets:\n- name: " + filepath.Base(testtarget.Executable(t)) + "\n  limit: {queue: 90%}\n"
	reload(selected+"budget: 2%\nendpoint: http://"+receiver+"\nlisten: :1\n"+own, `changed="endpoint, budget, ignore, targets"`)
	c.await("options=listen")
	reload(selected+"\nbugdet: 1%\n"+own, "the old one stays")
	c.await(file + `:4: unknown key \"bugdet\"`)
	program.AwaitLoad()
	want := program.Shutdown()
	if now := links(t, c.cmd.Process.Pid); len(standing) == 0 || slices.ContainsFunc(standing, func(link string) bool { return !slices.Contains(now, link) }) {
		t.Errorf("links %v were in place, %v are after reloading", standing, now)
	}

	reload("name: no-such\nignore: hot-path\n", `msg="not watched any more" pid=`+program.PIDString())
	awaitTraps(t, program.PID(), probedSymbols, false)
	if n := strings.Count(c.stderr.String(), "msg=attached"); n != 1 {
		t.Errorf("it was attached to %d times before it was selected again:\n%s", n, c.stderr)
	}
	reload(selected, `changed="name, ignore"`)
	awaitTraps(t, program.PID(), probedSymbols, true)
	if code := c.interrupt(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	d := decodeHost(t, c.stdout.String())
	if len(d.Targets) != 2 {
		t.Fatalf("%d reports, want one of each time that it was watched", len(d.Targets))
	}
	r := d.Targets[0]
	if got := r.Spans.Ended; got == nil || !got.Exact || int64(got.Value) != want["otel.sdk.span.started"] {
		t.Errorf("ended %+v, want exactly %d", got, want["otel.sdk.span.started"])
	}
	if why := r.Why("findings.hot-path"); !strings.Contains(why, "it is ignored, as configured") {
		t.Errorf("findings.hot-path is missing because %q", why)
	}
	program.Exit()
}

// links are the ids of the links by which a process has its probes, or the descriptors of
// perf events, where it has them by these.
func links(t *testing.T, pid int) (ids []string) {
	t.Helper()
	infos, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		text, err := os.ReadFile(info)
		if err != nil {
			continue // it was closed
		}
		if id := linkID.FindString(string(text)); id != "" {
			ids = append(ids, id)
		} else if of, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, filepath.Base(info))); strings.Contains(of, "perf_event") {
			ids = append(ids, of+filepath.Base(info))
		}
	}
	return ids
}

var linkID = regexp.MustCompile(`link_id:\s+\d+`)

// TestTerminalCloses ends otwatch, although it has a configuration that it could read again.
func TestTerminalCloses(t *testing.T) {
	testtarget.NeedRoot(t)
	hearHangups(t)
	file := filepath.Join(t.TempDir(), "otwatch.yaml")
	if err := os.WriteFile(file, []byte("all: true\nname: no-such-*\noutput: none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	controller, terminal := pseudoTerminal(t)
	c := &command{t: t, cmd: exec.Command(otwatch, "attach", "--config", file), stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = terminal, c.stdout, c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.await("waiting for one")
	if err := c.cmd.Process.Signal(unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	c.await("the configuration was reloaded")
	if err := controller.Close(); err != nil {
		t.Fatal(err)
	}
	if code := c.wait(); code != exitDone {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
}
