package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReactionLines(t *testing.T) {
	const ms = time.Millisecond
	var all []cycle
	for i := range 12 {
		all = append(all, cycle{counted: 90 * ms, stopped: time.Duration(2*i) * ms, gone: 120 * ms, cut: 3 * ms})
	}
	all[7].cut = 23 * ms
	want := [][]string{
		{"90.0 [90.0, 90.0]", "90.0", "100", "within"},
		{"11.0 [4.0, 18.0]", "22.0", "20", "over at the longest"},
		{"120.0 [120.0, 120.0]", "120.0", "100", "over"},
		{"3.0 [3.0, 3.0]", "23.0", "20", "over at the longest"},
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
