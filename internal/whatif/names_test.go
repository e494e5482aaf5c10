package whatif

import (
	"math"
	"testing"
)

func TestRatiosByName(t *testing.T) {
	tests := []struct {
		name    string
		shares  []float64
		overall float64
		want    []float64 // of the thinned names, the busiest first
	}{
		// 0.1 is left for the busy one beside the 0.1 of the rare ones: 0.1 of 0.9.
		{"one busy name", []float64{0.05, 0.9, 0.05}, 0.2, []float64{0.1 / 0.9}},
		{"two busy names share the rest", []float64{0.6, 0.3, 0.1}, 0.4, []float64{0.15 / 0.6, 0.15 / 0.3}},
		{"nothing to thin", []float64{0.6, 0.4}, 1, nil},
		{"names not listed are kept", []float64{0.8}, 0.4, []float64{0.2 / 0.8}},
		{"names not listed are more than is to be kept", []float64{0.6}, 0.3, nil},
		{"even volume", even(20), 0.1, nil},
		{"no names", nil, 0.1, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var names []NameVolume
			for _, share := range test.shares {
				names = append(names, NameVolume{Share: share})
			}
			got := RatiosByName(names, test.overall)
			if len(got) != len(test.want) {
				t.Fatalf("got %+v, want ratios %v", got, test.want)
			}
			kept := 1.0
			for i, ratio := range got {
				if math.Abs(ratio.Ratio-test.want[i]) > 1e-9 {
					t.Errorf("got %v for %v, want %v", ratio.Ratio, ratio.Share, test.want[i])
				}
				kept -= ratio.Share * (1 - ratio.Ratio)
			}
			if len(got) > 0 && math.Abs(kept-test.overall) > 1e-9 {
				t.Errorf("%v of the volume is kept, want %v", kept, test.overall)
			}
		})
	}
}

func even(n int) []float64 {
	shares := make([]float64, n)
	for i := range shares {
		shares[i] = 1 / float64(n)
	}
	return shares
}
