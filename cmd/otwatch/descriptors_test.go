package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestFewDescriptors has more processes than descriptors. otwatch watches as many as it
// can, and says why it does not watch the others. Where the limit falls is chance: a
// process that is watched may lack some probes, and then no figure without a reason.
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
	if len(d.Targets) == 0 {
		t.Errorf("no process was watched:\n%s", c.stderr)
	}
	for _, r := range d.Targets {
		for figure, claimed := range map[string]bool{
			"spans.started": r.Spans.Started != nil, "spans.exported": r.Spans.Exported != nil, "export.retried": r.Export.Retried != nil,
		} {
			if !claimed && !lacks(r, figure) {
				t.Errorf("pid %d lacks %s, and does not say why: %+v", r.Target.PID, figure, r.Missing)
			}
		}
	}
}

// lacks reports whether a report says why it has no such figure.
func lacks(r report.Report, figure string) bool {
	return slices.ContainsFunc(r.Missing, func(m snapshot.Missing) bool {
		return m.Why != "" && (m.What == figure || strings.HasPrefix(figure, m.What+"."))
	})
}
