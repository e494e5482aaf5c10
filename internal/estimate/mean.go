package estimate

import "math"

// student is how many standard errors on both sides of a mean contain the truth in 95 of
// 100 cases, by Student's distribution. The index is the degrees of freedom minus one.
var student = [...]float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228}

// Mean is the mean of the distribution of n values, two at least, given their sum and the
// sum of their squares.
func Mean(n uint64, sum, squares float64) *Estimate {
	size := float64(n)
	mean := sum / size
	variance := max(0, squares/size-mean*mean) * size / (size - 1)
	return Around(mean, studentT(n-1)*math.Sqrt(variance/size), n)
}

// studentT is student for so many degrees of freedom. Source of the expansion: Abramowitz
// and Stegun, Handbook of Mathematical Functions, 26.7.5.
func studentT(freedom uint64) float64 {
	if freedom <= uint64(len(student)) {
		return student[freedom-1]
	}
	const z = Z95
	n := float64(freedom)
	return z + (z*z*z+z)/(4*n) + (5*z*z*z*z*z+16*z*z*z+3*z)/(96*n*n)
}
