package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNullLine(t *testing.T) {
	want := []string{"load", "0.5000", "+1.00 [+1.00, +1.00]", "+0.00500 [+0.00500, +0.00500]"}
	got := nullLine("load", alternating(6, 0.5, 0.505, 0))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) != len(null.header) {
		t.Errorf("%d cells under %d heads", len(got), len(null.header))
	}
}
