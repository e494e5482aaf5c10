package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestDistinct draws 256 values out of so many: of 20 to 2,000 the mean estimate
// is within a tenth, and the chance of a new one is what it is.
func TestDistinct(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const n, rounds = 256, 400
	for _, values := range []int{1, 20, 200, 2000} {
		var distinct, fresh, truth float64
		for range rounds {
			seen := map[int]int{}
			for range n {
				seen[random.IntN(values)]++
			}
			var once, twice uint64
			for _, times := range seen {
				switch times {
				case 1:
					once++
				case 2:
					twice++
				}
			}
			distinct += Distinct(uint64(len(seen)), once, twice) / rounds
			fresh += New(n, once).Value / rounds
			truth += float64(values-len(seen)) / float64(values) / rounds
		}
		if math.Abs(distinct-float64(values)) > 0.1*float64(values) {
			t.Errorf("of %d values: %.0f in the mean", values, distinct)
		}
		if math.Abs(fresh-truth) > 0.02 {
			t.Errorf("of %d values: a new one by a chance of %.3f, and it is %.3f", values, fresh, truth)
		}
	}
	if got := Distinct(256, 256, 0); got < 30_000 {
		t.Errorf("all different: %v", got)
	}
}
