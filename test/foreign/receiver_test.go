package main

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// TestReceived compares what was exported with exports that arrived before, at the
// edges of, and within the time that a program was watched.
func TestReceived(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
	r := receiver{arrivals: []arrival{{at(-1), 1000}, {at(0.1), 5}, {at(1), 10}, {at(9), 7}, {at(10.1), 3}, {at(11), 1000}}}
	least, most := r.between(began, at(10))
	if least != 17 || most != 25 {
		t.Fatalf("%d to %d, want 17 to 25", least, most)
	}
	for exported, right := range map[float64]bool{16: false, 17: true, 22: true, 25: true, 26: false} {
		got := result{least: least, most: most, report: report.Report{Spans: report.Spans{Exported: &estimate.Estimate{Value: exported}}}}
		if wrong := got.miscounted(); (len(wrong) == 0) != right {
			t.Errorf("%v exported: %q", exported, wrong)
		}
	}
}
