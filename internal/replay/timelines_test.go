package replay

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestTimelinesOfTargets has two targets, whose shares wait for enough samples.
func TestTimelinesOfTargets(t *testing.T) {
	var all []snapshot.Snapshot
	for i := range 10 {
		for _, s := range twoTargets()[:2] {
			s.Start = s.Start.Add(time.Duration(i) * s.Elapsed)
			all = append(all, s)
		}
	}
	file, _ := recorded(t, recording.Limit, all)
	got, err := read(bufio.NewReader(bytes.NewReader(file)), Options{Timelines: true})
	if err != nil || len(got.Timelines) != 2 {
		t.Fatalf("%d timelines, %v; want one a target", len(got.Timelines), err)
	}
	for i, c := range got.Timelines {
		if c.Total.Target.PID != got.Targets[i].Target.PID || len(c.Stretches) != 10 {
			t.Errorf("timeline %d: pid %d, %d stretches; want %d and one an interval", i, c.Total.Target.PID, len(c.Stretches), got.Targets[i].Target.PID)
		}
		if len(c.Sampled) != 2 || c.Sampled[0].Probe.Samples != 450 { // five intervals of 90
			t.Errorf("timeline %d: %d stretches for shares, the first of %d samples; want 2 of 450", i, len(c.Sampled), c.Sampled[0].Probe.Samples)
		}
	}
}

// TestTimelinesAreOfTheirTotals has a process that runs another program by exec, and more ended
// targets than are remembered.
func TestTimelinesAreOfTheirTotals(t *testing.T) {
	var all []snapshot.Snapshot
	for pid := range 300 {
		s := twoTargets()[0]
		s.Target.PID, s.Ended = pid, true
		all = append(all, s)
	}
	for _, elapsed := range []time.Duration{time.Second, 2 * time.Second} {
		s := twoTargets()[0]
		s.Target.PID, s.Elapsed, s.Ended = 4711, elapsed, true
		all = append(all, s)
	}
	file, _ := recorded(t, recording.Limit, all)
	got, err := read(bufio.NewReader(bytes.NewReader(file)), Options{Timelines: true})
	if err != nil || len(got.Timelines) != len(got.Targets) || len(got.Timelines) >= len(all) {
		t.Fatalf("%d timelines of %d targets, %v", len(got.Timelines), len(got.Targets), err)
	}
	for i, line := range got.Timelines {
		if len(line.Stretches) != 1 || line.Stretches[0].Target.PID != line.Total.Target.PID || line.Stretches[0].Window.Seconds != line.Total.Window.Seconds {
			t.Errorf("timeline %d: the total is of pid %d for %v s, and it has stretches %+v", i, line.Total.Target.PID, line.Total.Window.Seconds, line.Stretches)
		}
	}
}
