package estimate

import (
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// Percent renders a share, 0..1: 7.9 %.
func Percent(share float64) string { return PercentDigits(share) + " %" }

// PercentDigits renders a share as a percentage without the sign: one decimal below ten
// and above 99, whole numbers elsewhere. Small and large shares are not rounded to 0 or
// 100.
func PercentDigits(share float64) string {
	switch p := share * 100; {
	case p == 0:
		return "0"
	case p > 0 && p < 0.05:
		return "<0.1"
	case p > 99.95 && p < 100:
		return ">99.9"
	case p < 9.95 || p > 99 && p < 100:
		return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0")
	default:
		return humanize.Comma(int64(math.Round(p)))
	}
}
