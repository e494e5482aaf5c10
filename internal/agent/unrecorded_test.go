package agent

import (
	"testing"

	"github.com/otwatch/otwatch/internal/probes"
)

// TestUnrecordedNeverFall counts spans that are not recorded, with and without calls of Start that
// have not returned.
func TestUnrecordedNeverFall(t *testing.T) {
	var u unrecorded
	for i, step := range []struct {
		starts, recording uint64
		last              bool
		want              uint64
	}{
		{starts: 10, recording: 7},                       // not yet seen twice
		{starts: 14, recording: 10, want: 3},             // 4, of which 1 may have been under way
		{starts: 15, recording: 12, want: 0},             // it was
		{starts: 18, recording: 13, want: 0},             // 3 is what was so
		{starts: 20, recording: 14, want: 2},             // 5 were so, and are
		{starts: 22, recording: 15, last: true, want: 2}, // the rest
	} {
		usage := probes.Usage{Calls: map[string]uint64{"start": step.starts, "recording": step.recording}}
		if got := u.take(usage, step.last); got != step.want {
			t.Errorf("step %d: %d more, want %d", i, got, step.want)
		}
	}
}
