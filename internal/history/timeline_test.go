package history

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestTimeline keeps every interval of a short recording, and merges those of a long one into
// as many as a chart can show.
func TestTimeline(t *testing.T) {
	s := snapshot.Snapshot{Elapsed: time.Second}
	for _, n := range []int{1, 59, 119, 120, 121, 1000, 4321} {
		var line timeline
		var want, got uint64
		for i := range n {
			s.Start = s.Start.Add(s.Elapsed)
			s.Probing.Hits = uint64(i)
			want += s.Probing.Hits
			line.add(count(s))
		}
		var elapsed time.Duration
		for _, stretch := range line.stretches {
			got += stretch.Probing.Hits
			elapsed += stretch.Elapsed
		}
		if got != want || elapsed != time.Duration(n)*time.Second {
			t.Errorf("%d intervals: %d hits in %v, want %d in %d s", n, got, elapsed, want, n)
		}
		if stretches := len(line.stretches); stretches > 2*leastStretches || stretches < min(n, leastStretches) {
			t.Errorf("%d intervals became %d stretches", n, stretches)
		}
	}
}
