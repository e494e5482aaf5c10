package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReactionLines(t *testing.T) {
	const ms = time.Millisecond
	var all []cycle
	for i := range 6 {
		all = append(all, cycle{counted: 90 * ms, stopped: time.Duration(i) * ms, gone: 120 * ms, cut: 3 * ms})
	}
	want := [][]string{
		{"90.0 [90.0, 90.0]", "90.0", "100", "within"},
		{"2.5 [0.0, 5.0]", "5.0", "20", "within"},
		{"120.0 [120.0, 120.0]", "120.0", "100", "over"},
		{"3.0 [3.0, 3.0]", "3.0", "20", "within"},
	}
	for i, line := range reactionLines(all) {
		if diff := cmp.Diff(want[i], line[1:]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line[0], diff)
		}
		if len(line) != len(reaction.header) {
			t.Errorf("%d cells under %d heads", len(line), len(reaction.header))
		}
	}
}
