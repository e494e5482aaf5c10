package view

import (
	"math"
	"strings"
)

var (
	levels  = []rune("▁▂▃▄▅▆▇█")
	eighths = []rune("▏▎▍▌▋▊▉")
)

// sparkline draws the last width values, oldest first, relative to top. It is always
// width columns wide, so that text behind it does not move.
func sparkline(values []uint64, top uint64, width int) string {
	values = values[max(0, len(values)-width):]
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(levels[level(v, top)])
	}
	return b.String() + strings.Repeat(" ", width-len(values))
}

// level returns the eighth of top that v lies in.
func level(v, top uint64) int {
	if top == 0 {
		return 0
	}
	return min(int(float64(v)/float64(top)*float64(len(levels))), len(levels)-1)
}

// bar draws a bar of fraction (0 to 1) times width columns, in steps of an eighth of a
// column.
func bar(fraction float64, width int) string {
	fraction = min(max(fraction, 0), 1)
	n := int(math.Round(fraction * float64(width) * 8))
	full := strings.Repeat("█", n/8)
	if n%8 == 0 {
		return full
	}
	return full + string(eighths[n%8-1])
}
