package estimate

import "math"

// Quantile returns the smallest of the ascending values that at least a fraction q (0..1)
// of them do not exceed: the nearest-rank definition, whose result is always one of the
// values. It panics if sorted is empty.
func Quantile[T any](sorted []T, q float64) T {
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
