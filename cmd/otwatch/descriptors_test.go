package main

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestFewDescriptors watches more processes than there are descriptors for: figures are
// missing, with the reason, and the watch goes on.
func TestFewDescriptors(t *testing.T) {
	testtarget.NeedRoot(t)
	const targets = 12
	endpoint := testtarget.Receive(t, testtarget.Accept)
	args := []string{"-c", `ulimit -n 60; exec "$0" "$@"`, otwatch, "attach", "--duration", "4s", "--output", "json"}
	for range targets {
		args = append(args, "--pid", testtarget.Start(t, "-endpoint", endpoint).PIDString())
	}
	c := &command{t: t, cmd: exec.Command("sh", args...), stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	c.cmd.Stdout, c.cmd.Stderr = c.stdout, c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if code := c.wait(); code != exitDone || strings.Count(c.stderr.String(), "some figures are missing") != 1 {
		t.Fatalf("exit code %d, want %d and one warning: %s", code, exitDone, c.stderr)
	}
	d := decodeHost(t, c.stdout.String())
	poor := 0
	for _, r := range d.Targets {
		if slices.ContainsFunc(r.Missing, func(m snapshot.Missing) bool { return strings.Contains(m.Why, "too many open files") }) {
			poor++
		}
	}
	if len(d.Targets) != targets || poor == 0 {
		t.Errorf("%d targets, %d of which lack descriptors; want %d, and some", len(d.Targets), poor, targets)
	}
}
