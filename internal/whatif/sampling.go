package whatif

import (
	"errors"
	"fmt"
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
)

// UnsampledCost is the cost of a span that is not sampled, as a fraction of the cost of
// one that is, where it was not measured in the process. docs/whatif.md has the figures
// of loads with both: 0.04 to 0.16.
var UnsampledCost = estimate.Estimate{Value: 0.1, Low: 0.04, High: 0.16}

// UnsampledStart is the cost of starting a span that is not sampled, as a fraction of the
// cost of starting one that is; docs/whatif.md has the figures. An unsampled span has no
// other costs: no attributes, end or export.
var UnsampledStart = estimate.Estimate{Value: 0.5, Low: 0.3, High: 0.7}

// Unsampled is the cost of a span that is not sampled, as a fraction of the cost of one
// that is, given the parts of the CPU that tracing and starting spans use at a sampling
// ratio: the more expensive exports are, the smaller it is. If it cannot be derived it is
// UnsampledCost.
func Unsampled(starting estimate.Estimate, tracing, ratio float64) estimate.Estimate {
	by := func(starting, fraction float64) float64 {
		sampled := starting / (ratio + (1-ratio)*fraction) // starting one costs, if all were sampled
		whole := (tracing - (1-ratio)*fraction*sampled) / ratio
		return fraction * sampled / whole
	}
	u := estimate.Estimate{
		Value: by(starting.Value, UnsampledStart.Value), Low: by(starting.Low, UnsampledStart.Low), High: by(starting.High, UnsampledStart.High), N: starting.N,
	}
	if !(0 < u.Value && u.Value < 1) {
		return UnsampledCost
	}
	return *u.Within(0, 0.99)
}

// Sampling is what tracing costs at the current ratio.
type Sampling struct {
	Share     estimate.Estimate // of the process's CPU time that is tracing's, 0..1
	Ratio     float64           // of the started spans that are sampled, 0..1
	Unsampled estimate.Estimate // cost of an unsampled span by that of a sampled one; Unsampled, or UnsampledCost
}

// Why no ratio can be given.
var (
	ErrNoSampling  = errors.New("the cost of sampled spans is unknown")
	ErrUnreachable = errors.New("no sampling ratio meets the limit")
	ErrTarget      = errors.New("the target overhead must be above 0 % and below 100 %")
)

// ShareAt is tracing's share of the CPU at another ratio (cut to 0..1), if the
// application's own CPU time and the rate of spans stay the same. Its interval combines
// those of the share and of an unsampled span's cost.
func (s Sampling) ShareAt(ratio float64) (*estimate.Estimate, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	ratio = min(max(ratio, 0), 1)
	return s.vary(func(share, unsampled float64) float64 {
		tracing := odds(share) * s.costAt(ratio, unsampled) / s.costAt(s.Ratio, unsampled)
		return tracing / (1 + tracing)
	}), nil
}

// RatioFor is the sampling ratio, at most 1, at which tracing uses a target share of the
// CPU (0..1). If unsampled spans alone use more, the error is ErrUnreachable with the
// share.
func (s Sampling) RatioFor(target float64) (*estimate.Estimate, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if !(0 < target && target < 1) {
		return nil, fmt.Errorf("%w; got %v %%", ErrTarget, 100*target)
	}
	ratio := s.vary(func(share, unsampled float64) float64 {
		cost := odds(target) / odds(share) * s.costAt(s.Ratio, unsampled)
		return min(1, (cost-unsampled)/(1-unsampled))
	})
	if ratio.Value <= 0 {
		least, _ := s.ShareAt(0)
		return nil, fmt.Errorf("%w: with no span sampled, tracing still takes %s (%s to %s) of the CPU",
			ErrUnreachable, estimate.Percent(least.Value), estimate.Percent(least.Low), estimate.Percent(least.High))
	}
	return ratio.Within(0, 1), nil
}

// check returns why nothing can be forecast, nil if it can.
func (s Sampling) check() error {
	if !(0 < s.Share.Value && s.Share.Value < 1) || !(0 < s.Ratio && s.Ratio <= 1) {
		return fmt.Errorf("%w: tracing takes %v %% of the CPU, with %v %% of the spans sampled", ErrNoSampling, 100*s.Share.Value, 100*s.Ratio)
	}
	if !(0 <= s.Unsampled.Low && s.Unsampled.High < 1) {
		return fmt.Errorf("%w: an unsampled span costs %v to %v sampled ones", ErrNoSampling, s.Unsampled.Low, s.Unsampled.High)
	}
	return nil
}

// costAt is the cost of an average span at a ratio, in units of a sampled span's cost.
func (s Sampling) costAt(ratio, unsampled float64) float64 {
	return ratio + (1-ratio)*unsampled
}

// vary is f of the two uncertain inputs, with the intervals that each alone would give,
// added in quadrature.
func (s Sampling) vary(f func(share, unsampled float64) float64) *estimate.Estimate {
	value := f(s.Share.Value, s.Unsampled.Value)
	var below, above float64
	for _, varied := range [][2]float64{
		{f(possible(s.Share.Low), s.Unsampled.Value), f(possible(s.Share.High), s.Unsampled.Value)},
		{f(s.Share.Value, s.Unsampled.Low), f(s.Share.Value, s.Unsampled.High)},
	} {
		below = math.Hypot(below, value-min(value, varied[0], varied[1]))
		above = math.Hypot(above, max(value, varied[0], varied[1])-value)
	}
	return estimate.Estimate{Value: value, Low: value - below, High: value + above, N: s.Share.N}.Within(0, 1)
}

// possible keeps a bound of a share away from 0 and 1, where its odds are not finite.
func possible(share float64) float64 { return min(max(share, 1e-6), 1-1e-6) }

// odds is the ratio of tracing's CPU time to the application's own.
func odds(share float64) float64 { return share / (1 - share) }
