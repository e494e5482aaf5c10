package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEstimates(t *testing.T) {
	// ±2 in 10 and √(1/100 + 1/100) of 10, twice over, in quadrature.
	scaled := math.Hypot(2*2, 20*Z95*math.Sqrt(1.0/200+1.0/100))
	tests := []struct {
		name string
		got  *Estimate
		want Estimate
	}{
		{"counted", Counted(23), Estimate{23, 23, 23, 23, true}},
		{"counted to none", Counted(0), Estimate{0, 0, 0, 0, true}},
		{"some unseen", AtLeast(100, 7), Estimate{100, 100, 107, 100, false}},
		{"give or take", GiveOrTake(100, 7), Estimate{100, 93, 107, 100, false}},
		{"never fewer than none", GiveOrTake(5, 7), Estimate{5, 0, 12, 5, false}},
		{"scaled", GiveOrTake(10, 2).Scale(200, 100), Estimate{20, 20 - scaled, 20 + scaled, 200, false}},
		{"scaled from a count", Counted(0).Scale(3, 4), Estimate{0, 0, 0, 3, false}},
		{"scaled by few events", Counted(100).Scale(1, 1), Estimate{100, 0, 100 + 100*Z95*math.Sqrt2, 1, false}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, *test.got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestScaleHoldsTheTruth counts starts and ends in windows of a target of which
// the ratio is known: the interval must hold it about as often as it says.
func TestScaleHoldsTheTruth(t *testing.T) {
	const tries, ended, ratio = 2000, 100_000, 2.5
	random := rand.New(rand.NewPCG(3, 4))
	held := 0
	for range tries {
		scaled := Counted(ended).Scale(poisson(random, 200*ratio), poisson(random, 200))
		if scaled.Low <= ended*ratio && ended*ratio <= scaled.High {
			held++
		}
	}
	if share := float64(held) / tries; share < 0.93 || share > 0.97 {
		t.Errorf("%.1f %% of the intervals hold the truth, want 95", share*100)
	}
}

// poisson counts independent events of which mean are expected.
func poisson(random *rand.Rand, mean float64) (n uint64) {
	for left := mean - random.ExpFloat64(); left > 0; left -= random.ExpFloat64() {
		n++
	}
	return n
}
