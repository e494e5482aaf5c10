package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestPprof finds a busy program, and tracing, in the profile. The recording yields the
// same profile.
func TestPprof(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "50000", "-spans", "200000")
	path, recorded := filepath.Join(t.TempDir(), "cpu.pb.gz"), filepath.Join(t.TempDir(), "seen.rec")
	c := attached(t, "--pid", program.PIDString(), "--duration", "4s", "--output", "none", "--pprof", path, "--record", recorded)
	program.Begin()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	if strings.Contains(c.stderr.String(), sampler.ErrCut.Error()) {
		t.Skipf("KERNEL TEST NOT RUN: %v", sampler.ErrCut)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := profile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	var tracing int64
	for _, s := range p.Sample {
		if s.HasLabel("class", "tracing") && s.HasLabel("pid", program.PIDString()) {
			tracing += s.Value[0]
		}
	}
	if tracing == 0 {
		t.Errorf("none of %d stacks is tracing's", len(p.Sample))
	}
	r := start(t, "report", "--output", "pprof", recorded)
	if code := r.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, r.stderr)
	}
	replayed, err := profile.ParseData([]byte(r.stdout.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.String(), replayed.String()); diff != "" {
		t.Errorf("the recording's profile is another (-attach +report):\n%s", diff)
	}
}

// TestProfileIsNotForTheTerminal expects an error in place of a profile on a terminal.
func TestProfileIsNotForTheTerminal(t *testing.T) {
	var stderr strings.Builder
	code := run(t.Context(), []string{"otwatch", "report", "--output", "pprof", recorded(t)}, os.Stdin, terminal(t), &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "cannot be shown on a terminal") {
		t.Errorf("exit code %d, %q; want that it is refused", code, stderr.String())
	}
}

// terminal opens a pseudo terminal without a user.
func terminal(t *testing.T) *os.File {
	t.Helper()
	_, file := pseudoTerminal(t)
	return file
}

// pseudoTerminal opens a pseudo terminal and what controls it.
func pseudoTerminal(t *testing.T) (controller, terminal *os.File) {
	t.Helper()
	controller, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { controller.Close() })
	if err := unix.IoctlSetPointerInt(int(controller.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(controller.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return controller, file
}
