package findings

import "strconv"

// short writes a figure with three digits. Unlike %.3g, it writes no exponent for large
// ones.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
