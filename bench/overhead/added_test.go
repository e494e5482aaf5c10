package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// runs are n runs of 1,000 requests that used so much CPU time each.
func runs(n int, cpu time.Duration) []subject.Use {
	return slices.Repeat([]subject.Use{{CPU: cpu, Elapsed: 10 * time.Second, Requests: 1000}}, n)
}

func TestAddedLine(t *testing.T) {
	tests := []struct {
		name    string
		rate    float64
		n       int
		otwatch time.Duration
		want    []string
	}{
		{"within a percent", 100, 6, 5025 * time.Millisecond,
			[]string{"0.5000", "+0.5 [+0.5, +0.5]", "+0.0025 [+0.0025, +0.0025]", "0.0050", "within"}},
		{"over a percent", 100, 6, 5100 * time.Millisecond,
			[]string{"0.5000", "+2.0 [+2.0, +2.0]", "+0.0100 [+0.0100, +0.0100]", "0.0050", "over"}},
		{"over a percent of little", 1, 6, 5100 * time.Millisecond,
			[]string{"0.0050", "+2.0 [+2.0, +2.0]", "+0.0001 [+0.0001, +0.0001]", "0.0010", "within"}},
		{"two runs say nothing", 100, 2, 5100 * time.Millisecond,
			[]string{"0.5000", "+2.0 [2 run(s)]", "+0.0100 [2 run(s)]", "0.0050", "unclear"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row := subject.Subject{Name: "load", Rate: test.rate}
			bare := runs(test.n, 5*time.Second)
			got := addedLine(row, bare, runs(test.n, test.otwatch), runs(test.n, 10*time.Second), bare)
			if diff := cmp.Diff(test.want, got[1:6]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(got) != len(added.header) {
				t.Errorf("%d cells under %d heads", len(got), len(added.header))
			}
		})
	}
}
