package estimate

import "math"

// Z95 is how many standard deviations on both sides contain 95 % of a normal
// distribution.
const Z95 = 1.96

// Estimate is a figure with its 95 % interval.
type Estimate struct {
	// The figure.
	Value float64 `json:"value" unit:"of the figure"`
	// Lower bound of the interval.
	Low float64 `json:"low" unit:"of the figure"`
	// Upper bound of the interval.
	High float64 `json:"high" unit:"of the figure"`
	// Number of observations behind the figure.
	N uint64 `json:"n" unit:"observations"`
	// The figure was counted. Then `value`, `low` and `high` are equal.
	Exact bool `json:"exact"`
}

// Counted is the Estimate of something that was counted completely.
func Counted(n uint64) *Estimate {
	v := float64(n)
	return &Estimate{Value: v, Low: v, High: v, N: n, Exact: true}
}

// AtLeast is the Estimate of something of which n were counted and up to unseen more may
// have been missed.
func AtLeast(n, unseen uint64) *Estimate {
	return &Estimate{Value: float64(n), Low: float64(n), High: float64(n + unseen), N: n}
}

// GiveOrTake is the Estimate of something that was counted to be n, within slack.
func GiveOrTake(n, slack uint64) *Estimate {
	low := uint64(0)
	if n > slack {
		low = n - slack
	}
	return &Estimate{Value: float64(n), Low: float64(low), High: float64(n + slack), N: n}
}

// Scale multiplies an Estimate by the ratio of two positive counts of independent events.
// The ratio's own relative uncertainty, √(1/above + 1/below) at one standard deviation,
// is added to the interval in quadrature.
func (e Estimate) Scale(above, below uint64) *Estimate {
	ratio := float64(above) / float64(below)
	spread := Z95 * math.Sqrt(1/float64(above)+1/float64(below))
	value := e.Value * ratio
	low := math.Hypot((e.Value-e.Low)*ratio, value*spread)
	high := math.Hypot((e.High-e.Value)*ratio, value*spread)
	return &Estimate{Value: value, Low: max(0, value-low), High: value + high, N: above}
}

// Around is an Estimate from n observations with a symmetric interval.
func Around(value, halfWidth float64, n uint64) *Estimate {
	return &Estimate{Value: value, Low: value - halfWidth, High: value + halfWidth, N: n}
}

// Proportion is the Estimate of a share of n observations, by Wilson's score interval,
// which is right for small shares too.
func Proportion(share float64, n uint64) *Estimate {
	size := float64(n)
	z2 := Z95 * Z95
	middle := (share + z2/(2*size)) / (1 + z2/size)
	half := Z95 / (1 + z2/size) * math.Sqrt(share*(1-share)/size+z2/(4*size*size))
	low, high := max(0, middle-half), min(1, middle+half)
	return &Estimate{Value: share, Low: min(low, share), High: max(high, share), N: n} // but for rounding at 0 and 1
}

// Drawn is the Estimate of how many of some things have a property, of which k of n that were
// drawn at random have it, and up to unknown more of these. The interval is Wilson's, narrower
// by the share that was drawn.
func Drawn(k, unknown, n, of uint64) *Estimate {
	if n == 0 || n >= of {
		counted := AtLeast(k, unknown)
		counted.Exact = unknown == 0
		return counted
	}
	all := float64(of)
	finite := math.Sqrt(float64(of-n) / (all - 1))
	bound := func(k uint64) *Estimate {
		e := Proportion(min(1, float64(k)/float64(n)), n)
		return &Estimate{Value: e.Value, Low: e.Value - finite*(e.Value-e.Low), High: e.Value + finite*(e.High-e.Value)}
	}
	low, high := bound(k), bound(k+unknown)
	e := &Estimate{Value: low.Value * all, Low: low.Low * all, High: high.High * all, N: n}
	return e.Within(float64(k), all-float64(n)+float64(k+unknown))
}

// Within cuts the interval, and the figure, to what is possible.
func (e Estimate) Within(low, high float64) *Estimate {
	for _, v := range []*float64{&e.Value, &e.Low, &e.High} {
		*v = min(max(*v, low), high)
	}
	return &e
}

// Times multiplies an Estimate by a constant.
func (e Estimate) Times(factor float64) *Estimate {
	e.Value, e.Low, e.High = e.Value*factor, e.Low*factor, e.High*factor
	return &e
}
