package main

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestNoUprobes expects the figures of sampling and /proc, and no probe in the target.
func TestNoUprobes(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "0", "-spans", "1000000000")
	c := attached(t, "--pid", program.PIDString(), "--no-uprobes", "--duration", "4s", "--output", "json", "--budget", "5%")
	program.Begin()
	if n := differences(t, program.PID(), probedSymbols); n != 0 {
		t.Errorf("%d bytes of the target's code differ from the file", n)
	}
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	if strings.Contains(c.stderr.String(), "no span") {
		t.Errorf("it cannot know of spans, and says %q", c.stderr)
	}
	r := decodeReport(t, c.stdout.String())
	if r.Probe.Hits != 0 || r.Probe.Windows != 0 {
		t.Errorf("%d hits in %d windows, want none", r.Probe.Hits, r.Probe.Windows)
	}
	if r.Probe.Samples == 0 || r.CPU.ProcessSeconds == 0 || r.Memory.RSSBytes == 0 {
		t.Errorf("samples %d, CPU %v s, memory %d B: want all three", r.Probe.Samples, r.CPU.ProcessSeconds, r.Memory.RSSBytes)
	}
	if r.CPU.Tracing.Share == nil {
		t.Errorf("no share of %d samples", r.Probe.Samples)
	}
	why := map[string]string{}
	for _, m := range r.Missing {
		why[m.What] = m.Why
	}
	for _, figure := range []string{"spans.started", "export", "processors"} {
		if why[figure] != "no probes are placed (--no-uprobes)" {
			t.Errorf("%s is missing because %q", figure, why[figure])
		}
	}
}
