package estimate

import (
	"math/rand/v2"
	"testing"
)

// TestMeanHoldsTheTruth draws so many values: the interval of their mean must hold the
// truth about as often as it says.
func TestMeanHoldsTheTruth(t *testing.T) {
	const tries, truth, deviation = 4000, 50, 10
	random := rand.New(rand.NewPCG(7, 8))
	for _, n := range []uint64{2, 3, 10, 11, 40} {
		held := 0
		for range tries {
			var sum, squares float64
			for range n {
				v := truth + deviation*random.NormFloat64()
				sum, squares = sum+v, squares+v*v
			}
			if e := Mean(n, sum, squares); e.Low <= truth && truth <= e.High {
				held++
			}
		}
		if share := float64(held) / tries; share < 0.94 || share > 0.96 {
			t.Errorf("of %d values: held in %.3f of the cases", n, share)
		}
	}
}
