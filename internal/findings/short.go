package findings

import "strconv"

// short writes a figure with two or three digits, and never with an exponent
// where it is 100 or more, as %.3g does.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
