package findings

import (
	"fmt"
	"strconv"
	"time"
)

// short writes a figure with three digits. Unlike %.3g, it writes no exponent for large
// ones.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// lasting renders how long something has lasted, as 40 s or 12 min.
func lasting(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}
