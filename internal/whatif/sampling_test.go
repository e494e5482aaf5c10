package whatif

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
)

func exactly(v float64) estimate.Estimate { return estimate.Estimate{Value: v, Low: v, High: v} }

func TestShareAt(t *testing.T) {
	half := estimate.Estimate{Value: 0.5, Low: 0.4, High: 0.6, N: 1000}
	tests := []struct {
		name           string
		from           Sampling
		ratio          float64
		want, low, top float64
	}{
		// Tracing takes as much as the application: 1 of 2. A tenth of it is 0.1 of 1.1.
		{"unsampled spans are free", Sampling{exactly(0.5), 1, exactly(0)}, 0.1, 0.1 / 1.1, 0.1 / 1.1, 0.1 / 1.1},
		{"unsampled spans cost a tenth", Sampling{exactly(0.5), 1, exactly(0.1)}, 0.1, 0.19 / 1.19, 0.19 / 1.19, 0.19 / 1.19},
		{"none is sampled", Sampling{exactly(0.5), 1, exactly(0.1)}, 0, 0.1 / 1.1, 0.1 / 1.1, 0.1 / 1.1},
		{"back to all", Sampling{exactly(0.1 / 1.1), 0.1, exactly(0)}, 1, 0.5, 0.5, 0.5},
		{"the same ratio, whatever unsampled spans cost", Sampling{half, 0.3, UnsampledCost}, 0.3, 0.5, 0.4, 0.6},
		{"uncertain unsampled spans", Sampling{exactly(0.5), 1, estimate.Estimate{Value: 0.1, Low: 0, High: 0.2}}, 0, 0.1 / 1.1, 0, 0.2 / 1.2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.from.ShareAt(test.ratio)
			if err != nil {
				t.Fatal(err)
			}
			if !near(got.Value, test.want) || !near(got.Low, test.low) || !near(got.High, test.top) {
				t.Errorf("got %+v, want %v (%v to %v)", *got, test.want, test.low, test.top)
			}
		})
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestRatioForIsTheInverse(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		s := Sampling{exactly(0.02 + 0.9*random.Float64()), 0.01 + 0.99*random.Float64(), exactly(0.3 * random.Float64())}
		ratio := 0.001 + 0.999*random.Float64()
		share, err := s.ShareAt(ratio)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := s.RatioFor(share.Value); err != nil || math.Abs(back.Value-ratio) > 1e-6 {
			t.Errorf("%+v: a ratio of %v costs %v, for which the ratio is %+v (%v)", s, ratio, share.Value, back, err)
		}
	}
}

func TestRatioFor(t *testing.T) {
	all := Sampling{estimate.Estimate{Value: 0.2, Low: 0.18, High: 0.22}, 1, UnsampledCost}
	three, err := all.RatioFor(0.03)
	if err != nil {
		t.Fatal(err)
	}
	// 0.03/0.97 of the application's time, of now 0.25: 0.1237, less 0.1, by 0.9.
	if math.Abs(three.Value-0.0263) > 1e-3 || three.Low >= three.Value || three.High <= three.Value || three.Low < 0 {
		t.Errorf("got %+v, want 0.026 with an interval", *three)
	}
	if most, err := all.RatioFor(0.9); err != nil || most.Value != 1 || most.High != 1 {
		t.Errorf("got %+v (%v), want 1", most, err)
	}
	refused := []struct {
		name   string
		from   Sampling
		target float64
		want   error
	}{
		{"unsampled spans cost more", all, 0.01, ErrUnreachable},
		{"a target of nothing", all, 0, ErrTarget},
		{"a target of all", all, 1, ErrTarget},
		{"no number", all, math.NaN(), ErrTarget},
		{"no share", Sampling{Ratio: 1, Unsampled: UnsampledCost}, 0.03, ErrNoSampling},
		{"nothing sampled", Sampling{Share: all.Share, Unsampled: UnsampledCost}, 0.03, ErrNoSampling},
		{"unsampled spans cost as much", Sampling{all.Share, 1, exactly(1)}, 0.03, ErrNoSampling},
	}
	for _, test := range refused {
		if got, err := test.from.RatioFor(test.target); !errors.Is(err, test.want) {
			t.Errorf("%s: got %+v and error %v, want %v", test.name, got, err, test.want)
		}
	}
}

func TestSamplingMoreNeverCostsLess(t *testing.T) {
	s := Sampling{estimate.Estimate{Value: 0.3, Low: 0.25, High: 0.35}, 0.5, UnsampledCost}
	last := 0.0
	for ratio := 0.0; ratio <= 1; ratio += 0.01 {
		share, err := s.ShareAt(ratio)
		if err != nil || share.Value < last || share.Low > share.Value || share.High < share.Value {
			t.Fatalf("at %v: %+v after %v (%v)", ratio, share, last, err)
		}
		last = share.Value
	}
}

// TestUnsampled divides half of what starting a span costs by all that a span
// costs, at any ratio.
func TestUnsampled(t *testing.T) {
	for _, ratio := range []float64{1, 0.5, 0.01} {
		// Starting costs 2 of a sampled span's 10, and 1 of an unsampled one's 1.
		starting, tracing := ratio*2+(1-ratio)*1, ratio*10+(1-ratio)*1
		got := Unsampled(exactly(starting/100), tracing/100, ratio)
		if !near(got.Value, 0.1) || got.Low >= 0.1 || got.High <= 0.1 {
			t.Errorf("at a ratio of %v: %+v, want a tenth", ratio, got)
		}
	}
	for name, starting := range map[string]float64{"no span seen starting": 0, "all of it": 0.2} {
		if got := Unsampled(exactly(starting), 0.1, 0.1); got != UnsampledCost {
			t.Errorf("%s: %+v, want what is usual", name, got)
		}
	}
}
