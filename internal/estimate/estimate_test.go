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

func TestWithin(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want *Estimate
	}{
		{"nothing is impossible", Around(10, 3, 5).Within(0, 20), Around(10, 3, 5)},
		{"the lower end is", Around(10, 3, 5).Within(8, 20), &Estimate{Value: 10, Low: 8, High: 13, N: 5}},
		{"the figure is too small", Around(10, 3, 5).Within(12, 20), &Estimate{Value: 12, Low: 12, High: 13, N: 5}},
		{"all of it is", Around(10, 3, 5).Within(14, 20), &Estimate{Value: 14, Low: 14, High: 14, N: 5}},
		{"the figure is too great", Around(10, 3, 5).Within(0, 9), &Estimate{Value: 9, Low: 7, High: 9, N: 5}},
	} {
		if *test.got != *test.want {
			t.Errorf("%s: %+v, want %+v", test.name, *test.got, *test.want)
		}
	}
}

// TestDrawnHoldsTheTruth draws some of a list at random, without putting any back.
func TestDrawnHoldsTheTruth(t *testing.T) {
	const tries, of, drawn = 4000, 1000, 400
	random := rand.New(rand.NewPCG(5, 6))
	for _, with := range []int{3, 50, 500, 990} {
		held := 0
		for range tries {
			k := uint64(0)
			for _, i := range random.Perm(of)[:drawn] {
				if i < with {
					k++
				}
			}
			e := Drawn(k, 0, drawn, of)
			if e.Low <= float64(with) && float64(with) <= e.High {
				held++
			}
			if e.Low < float64(k) || e.High > of-drawn+float64(k) || e.Exact {
				t.Fatalf("%d of %d: %+v", k, drawn, e)
			}
		}
		if share := float64(held) / tries; share < 0.93 {
			t.Errorf("%d: %.1f %% of the intervals hold the truth, want 95", with, share*100)
		}
	}
}

func TestDrawn(t *testing.T) {
	for _, test := range []struct {
		name               string
		k, unknown, n, of  uint64
		value, least, most float64
		exact              bool
	}{
		{"all", 23, 0, 100, 100, 23, 23, 23, true},
		{"all, some of an unknown kind", 23, 5, 100, 100, 23, 23, 28, false},
		{"none of any", 0, 0, 0, 0, 0, 0, 0, true},
		{"none of some", 0, 0, 100, 10_000, 0, 0, 370, false},
		{"some of an unknown kind", 0, 100, 100, 10_000, 0, 0, 10_000, false},
		{"more than there are", 9, 9, 5, 10, 10, 9, 10, false},
	} {
		e := Drawn(test.k, test.unknown, test.n, test.of)
		if e.Value != test.value || e.Low < test.least || e.High > test.most || e.Exact != test.exact {
			t.Errorf("%s: %+v, want %v from %v to %v, exact: %v", test.name, e, test.value, test.least, test.most, test.exact)
		}
	}
}
