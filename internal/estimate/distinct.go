package estimate

// Distinct is how many different values there are at the least, of which so many
// were seen, some once and some twice. Source: Chao 1984, bias-corrected.
func Distinct(seen, once, twice uint64) float64 {
	if once == 0 {
		return float64(seen)
	}
	return float64(seen) + float64(once)*float64(once-1)/(2*float64(twice+1))
}

// New is the chance that one more observation has a value that none of n had, of
// which so many values, n at the most, were seen once. Source: Good 1953, after
// Turing.
func New(n, once uint64) *Estimate {
	return Proportion(float64(min(once, n))/float64(n), n)
}
