package replay

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestTimelinesOfTargets keeps targets apart, and waits for enough samples for a
// share.
func TestTimelinesOfTargets(t *testing.T) {
	var all []snapshot.Snapshot
	for i := range 10 {
		for _, s := range seen()[:2] {
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
