package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestFewDescriptors has more processes than descriptors. otwatch watches as many as it
// can, and says why it does not watch the others.
func TestFewDescriptors(t *testing.T) {
	testtarget.NeedRoot(t)
	const targets = 12
	endpoint := testtarget.Receive(t, testtarget.Accept)
	for range targets {
		testtarget.Start(t, "-endpoint", endpoint)
	}
	c := &command{t: t, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, cmd: exec.Command("sh", "-c", `ulimit -n 64; exec "$0" "$@"`, otwatch,
		"attach", "--duration", "6s", "--output", "json", "--name", filepath.Base(testtarget.Executable(t)))}
	c.cmd.Stdout, c.cmd.Stderr = c.stdout, c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if code := c.wait(); code != exitDone || !strings.Contains(c.stderr.String(), "too many open files") {
		t.Fatalf("exit code %d, want %d, and that descriptors lack: %s", code, exitDone, c.stderr)
	}
	d := decodeHost(t, c.stdout.String())
	if len(d.Targets) == 0 || !strings.Contains(c.stdout.String(), "too many open files") {
		t.Errorf("%d targets in a report that does not say what lacks:\n%s", len(d.Targets), c.stderr)
	}
}
