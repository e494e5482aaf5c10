package main

import (
	"slices"
	"testing"
	"time"
)

// TestEveryKernelHasItsDay takes all of them in as many days.
func TestEveryKernelHasItsDay(t *testing.T) {
	var got []string
	for day := range len(kernels) {
		got = append(got, ofDay(today, time.Unix(1_800_000_000, 0).AddDate(0, 0, day)))
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(kernels))
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := ofDay("6.1", time.Now()); got != "6.1" {
		t.Errorf("6.1 is %s", got)
	}
}
