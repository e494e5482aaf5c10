package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// TestWatchedLine takes in a run that counts well, one whose interval misses,
// and one that claims nothing; 3,000 spans were started in each.
func TestWatchedLine(t *testing.T) {
	report := func(started, share *estimate.Estimate) (r report.Report) {
		r.Spans.Started, r.CPU.Tracing.Share = started, share
		r.Window.Seconds, r.Probe.AgentCPUSeconds, r.Probe.AgentRSSBytes = 10, 0.05, 30e6
		return r
	}
	share := &estimate.Estimate{Value: 0.2, Low: 0.18, High: 0.22}
	use := subject.Use{CPU: 5 * time.Second, Elapsed: 10 * time.Second, Requests: 1000}
	var w watched
	w.add(report(&estimate.Estimate{Value: 3030, Low: 2950, High: 3100}, share), use)
	w.add(report(&estimate.Estimate{Value: 3300, Low: 3200, High: 3400}, share), use)
	w.add(report(nil, nil), use)
	want := []string{"x", "1.0550 [2 run(s)]", "1 of 3", "1 of 3", "2.0 [2 run(s)]", "3.0", "0.50 [3 run(s)]", "30 [3 run(s)]", "0.50"}
	got := w.line("x")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) != len(counted.header) {
		t.Errorf("%d cells under %d heads", len(got), len(counted.header))
	}
}
