package paired

import (
	"fmt"
	"math"
	"slices"
)

// Summary is a median and its interval of at least 95 % confidence. Under
// Fewest values no such interval exists: its bounds are infinite.
type Summary struct {
	Median, Low, High float64
	N                 int
}

// Fewest is the number of values that an interval needs.
const Fewest = 6

// Summarize reduces values, in any order and not modified. The interval runs
// between order statistics, so it assumes nothing of how the values are
// distributed; as in Go's perf/benchmath.
func Summarize(values []float64) Summary {
	n := len(values)
	if n == 0 {
		return Summary{Median: math.NaN(), Low: math.Inf(-1), High: math.Inf(1)}
	}
	sorted := slices.Sorted(slices.Values(values))
	s := Summary{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: math.Inf(-1), High: math.Inf(1), N: n}
	if skip := outside(n); skip >= 0 {
		s.Low, s.High = sorted[skip], sorted[n-1-skip]
	}
	return s
}

// outside is how many of n ascending values may be left out at each end for the
// rest to span the median with 95 % confidence, or -1 if even all do not: the
// probability that the median lies below the kth value is that of fewer than k
// heads in n throws.
func outside(n int) int {
	term, tail := math.Exp2(-float64(n)), 0.0
	skip := -1
	for k := range n {
		if tail += term; tail > 0.025 {
			break
		}
		skip = k
		term *= float64(n-k) / float64(k+1)
	}
	return skip
}

// Bounded reports whether there is an interval.
func (s Summary) Bounded() bool { return s.N >= Fewest }

// Format prints the median and the interval, each value in the given format, or
// the number of values where there is no interval.
func (s Summary) Format(format string) string {
	if s.N == 0 {
		return "none"
	}
	if !s.Bounded() {
		return fmt.Sprintf(format+" [%d run(s)]", s.Median, s.N)
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", s.Median, s.Low, s.High)
}
