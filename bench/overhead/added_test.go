package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// alternating are n watched stretches between n+1 unwatched ones, on a machine that
// takes step more for every stretch.
func alternating(n int, unwatched, watched, step float64) []float64 {
	cores := []float64{unwatched}
	for i := range n {
		drift := step * float64(2*i)
		cores = append(cores, watched+drift+step, unwatched+drift+2*step)
	}
	return cores
}

func TestAddedLine(t *testing.T) {
	tests := []struct {
		name  string
		cores []float64
		want  []string
	}{
		{"within a percent", alternating(6, 0.5, 0.5025, 0),
			[]string{"0.5000", "+0.50 [+0.50, +0.50]", "+0.00250 [+0.00250, +0.00250]", "0.0050", "within"}},
		{"over a percent", alternating(6, 0.5, 0.51, 0),
			[]string{"0.5000", "+2.00 [+2.00, +2.00]", "+0.01000 [+0.01000, +0.01000]", "0.0050", "over"}},
		{"over a percent of little", alternating(6, 0.005, 0.0051, 0),
			[]string{"0.0050", "+2.00 [+2.00, +2.00]", "+0.00010 [+0.00010, +0.00010]", "0.0010", "within"}},
		{"two stretches say nothing", alternating(2, 0.5, 0.51, 0),
			[]string{"0.5000", "+2.00 [2 run(s)]", "+0.01000 [2 run(s)]", "0.0050", "not resolved: 2 run(s)"}},
		{"a machine that slows down", alternating(6, 0.5, 0.5, 0.0625),
			[]string{"0.8750", "+0.00 [+0.00, +0.00]", "+0.00000 [+0.00000, +0.00000]", "0.0088", "within"}},
	}
	bare := slices.Repeat([]subject.Use{{CPU: 5 * time.Second, Elapsed: 10 * time.Second, Requests: 1000}}, 6)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := addedLine("load", test.cores, bare, bare, bare)
			if diff := cmp.Diff(test.want, got[1:6]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(got) != len(added.header) {
				t.Errorf("%d cells under %d heads", len(got), len(added.header))
			}
		})
	}
}
