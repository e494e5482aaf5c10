package main

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
)

func TestRow(t *testing.T) {
	l := lengths{turns: 7, turn: 20 * time.Second, budget: "1%"}
	tests := []struct {
		name string
		c    comparison
		want []string
	}{
		{
			"six pairs, one run without an estimate, one whose interval misses",
			comparison{
				cores: []float64{0.3, 0.4, 0.5}, watched: []float64{20, 100, 101},
				truths: []float64{0.48, 0.49, 0.5, 0.5, 0.51, 0.52},
				estimates: []*estimate.Estimate{
					{Value: 0.52, Low: 0.49, High: 0.55, N: 9000}, nil, {Value: 0.54, Low: 0.51, High: 0.57, N: 11000},
					{Value: 0.53, Low: 0.50, High: 0.56, N: 10000},
				},
			},
			[]string{"x", "0.500 [0.480, 0.520]", "0.530 [0.500, 0.560]", "+6.0 %", "within", "10000", "2 of 4", "0.40", "6 × 7 × 20s, 100s at 1%", "today"},
		},
		{
			"no estimate at all",
			comparison{cores: []float64{0.3}, watched: []float64{60}, truths: []float64{0.5}, estimates: []*estimate.Estimate{nil}},
			[]string{"x", "0.500 [1 run(s)]", "none claimed", "", "short", "", "0 of 1", "0.30", "1 × 7 × 20s, 60s at 1%", "today"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.c.row("x", l, "today")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(got) != len(header) {
				t.Errorf("%d cells under %d heads", len(got), len(header))
			}
		})
	}
}

func TestRowNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range comparisons {
		for _, row := range c.rows {
			if seen[row.Name] {
				t.Errorf("two rows are named %q", row.Name)
			}
			seen[row.Name] = true
		}
	}
}

// TestTurnsBesideEachOther has a machine that grows slower from turn to turn.
func TestTurnsBesideEachOther(t *testing.T) {
	with, without := besideEachOther([]float64{0.40, 0.22, 0.48, 0.26, 0.56})
	if math.Abs(with-0.48) > 1e-9 || math.Abs(without-0.24) > 1e-9 {
		t.Errorf("with %v, without %v; want 0.48 and 0.24", with, without)
	}
}
