package replay

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestCourse keeps every interval of a short recording, and merges those of a
// long one into as many as a chart can show, none lost.
func TestCourse(t *testing.T) {
	s := seen()[0]
	for _, n := range []int{1, 59, 119, 120, 121, 1000, 4321} {
		var c course
		var want, got uint64
		for i := range n {
			s.Start = s.Start.Add(s.Elapsed)
			s.Probing.Hits = uint64(i)
			want += s.Probing.Hits
			c.add(history.NewInterval(s))
		}
		var elapsed time.Duration
		for _, stretch := range c.stretches {
			got += stretch.Probing.Hits
			elapsed += stretch.Elapsed
		}
		if got != want || elapsed != time.Duration(n)*time.Second {
			t.Errorf("%d intervals: %d hits in %v, want %d in %d s", n, got, elapsed, want, n)
		}
		if stretches := len(c.stretches); stretches > 2*leastStretches || stretches < min(n, leastStretches) {
			t.Errorf("%d intervals became %d stretches", n, stretches)
		}
	}
}

// TestCoursesOfTargets keeps targets apart, and waits for enough samples for a
// share.
func TestCoursesOfTargets(t *testing.T) {
	var all []snapshot.Snapshot
	for i := range 10 {
		for _, s := range seen()[:2] {
			s.Start = s.Start.Add(time.Duration(i) * s.Elapsed)
			all = append(all, s)
		}
	}
	file, _ := recorded(t, recording.Limit, all)
	got, err := read(bufio.NewReader(bytes.NewReader(file)), Options{Courses: true})
	if err != nil || len(got.Courses) != 2 {
		t.Fatalf("%d courses, %v; want one a target", len(got.Courses), err)
	}
	for i, c := range got.Courses {
		if c.Total.Target.PID != got.Targets[i].Target.PID || len(c.Stretches) != 10 {
			t.Errorf("course %d: pid %d, %d stretches; want %d and one an interval", i, c.Total.Target.PID, len(c.Stretches), got.Targets[i].Target.PID)
		}
		if len(c.Sampled) != 2 || c.Sampled[0].Probe.Samples != 450 { // five intervals of 90
			t.Errorf("course %d: %d stretches for shares, the first of %d samples; want 2 of 450", i, len(c.Sampled), c.Sampled[0].Probe.Samples)
		}
	}
}
