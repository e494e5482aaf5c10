package paired

import (
	"fmt"
	"math"
)

// Bounds is an interval.
type Bounds struct{ Low, High float64 }

// Holds reports whether the value lies in the interval.
func (b Bounds) Holds(value float64) bool { return b.Low <= value && value <= b.High }

// The margins around a true share: a tenth of it, or a point where it is small.
const (
	relativeMargin = 0.10
	absoluteMargin = 0.01
	smallShare     = 0.05
)

// Margin is how far an estimate may be from a true share, 0..1.
func Margin(truth float64) float64 {
	if truth < smallShare {
		return absoluteMargin
	}
	return relativeMargin * truth
}

// Judge says how an estimated share stands to the truth: "within" its margin;
// where the truth's own interval is wider than the margin, "overlap" of the two
// intervals; else "short".
func Judge(truth Summary, value float64, estimate Bounds) string {
	margin := Margin(truth.Median)
	if math.Abs(value-truth.Median) <= margin {
		return "within"
	}
	wider := truth.Bounded() && (truth.High-truth.Median > margin || truth.Median-truth.Low > margin)
	if wider && estimate.Low <= truth.High && truth.Low <= estimate.High {
		return "overlap"
	}
	return "short"
}

// Against says whether the whole interval is "within" a limit or "over" it. Where it is
// neither, the difference between the median and the limit is "not resolved": the
// resolution, half the interval's width, comes with it in the given format.
func (s Summary) Against(limit float64, format string) string {
	switch {
	case !s.Bounded():
		return fmt.Sprintf("not resolved: %d run(s)", s.N)
	case s.High <= limit:
		return "within"
	case s.Low > limit:
		return "over"
	}
	return fmt.Sprintf("not resolved: ±"+format, (s.High-s.Low)/2)
}
