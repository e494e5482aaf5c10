package estimate

import "math"

// z95 is how many standard deviations hold 95 % of a normal distribution, on
// both sides.
const z95 = 1.96

// Estimate is a figure with its truth: Low and High bound it with 95 %
// confidence, N is the number of observations behind it, and Exact says that
// it was counted, in which case all three values agree.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     uint64  `json:"n"`
	Exact bool    `json:"exact"`
}

// Counted is the Estimate of something that was counted, each one of it.
func Counted(n uint64) *Estimate {
	v := float64(n)
	return &Estimate{Value: v, Low: v, High: v, N: n, Exact: true}
}

// AtLeast is the Estimate of something of which n were counted and up to
// unseen more may have gone by.
func AtLeast(n, unseen uint64) *Estimate {
	return &Estimate{Value: float64(n), Low: float64(n), High: float64(n + unseen), N: n}
}

// Within is the Estimate of something that was counted to n, give or take
// slack.
func Within(n, slack uint64) *Estimate {
	low := uint64(0)
	if n > slack {
		low = n - slack
	}
	return &Estimate{Value: float64(n), Low: float64(low), High: float64(n + slack), N: n}
}

// Scale multiplies an Estimate by the ratio of two counts of independent
// events, above 0, whose own uncertainty, √(1/above + 1/below) of it at one
// standard deviation, is added to the interval in quadrature.
func (e Estimate) Scale(above, below uint64) *Estimate {
	ratio := float64(above) / float64(below)
	spread := z95 * math.Sqrt(1/float64(above)+1/float64(below))
	value := e.Value * ratio
	low := math.Hypot((e.Value-e.Low)*ratio, value*spread)
	high := math.Hypot((e.High-e.Value)*ratio, value*spread)
	return &Estimate{Value: value, Low: max(0, value-low), High: value + high, N: above}
}
