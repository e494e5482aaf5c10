package estimate

// Distinct is a lower bound of how many different values there are, given how many were
// seen, once and twice. Source: Chao 1984, bias-corrected.
func Distinct(seen, once, twice uint64) float64 {
	if once == 0 {
		return float64(seen)
	}
	return float64(seen) + float64(once)*float64(once-1)/(2*float64(twice+1))
}

// New is the probability that one more observation has a value that none of n had, given
// how many values were seen once, n at most. Source: Good 1953, after Turing.
func New(n, once uint64) *Estimate {
	return Proportion(float64(min(once, n))/float64(n), n)
}
