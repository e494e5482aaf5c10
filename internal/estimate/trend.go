package estimate

import (
	"math"
	"slices"
)

// Point is one reading of a series.
type Point struct{ X, Y float64 }

// Trend is the trend of a series. Slope is the Theil–Sen estimate, in units of Y per X. P
// is the two-sided probability of the Mann–Kendall test that such an order comes about by
// chance, if the readings are independent.
type Trend struct {
	Slope Estimate
	P     float64
}

// minTrend is the fewest points for a trend: with fewer the test cannot reach 1 %.
const minTrend = 8

// TrendOf is the trend of points with ascending X; ok is false for fewer than eight.
// Outliers, up to one point in four, do not change the slope. Source: Sen 1968, Kendall
// 1975, with the correction of the variance for ties.
func TrendOf(points []Point) (t Trend, ok bool) {
	if len(points) < minTrend {
		return Trend{}, false
	}
	var score float64
	var slopes []float64
	for i, a := range points {
		for _, b := range points[i+1:] {
			score += sign(b.Y - a.Y)
			slopes = append(slopes, (b.Y-a.Y)/(b.X-a.X))
		}
	}
	slices.Sort(slopes)
	deviation := math.Sqrt(kendallVariance(points))
	return Trend{Slope: senSlope(slopes, deviation, len(points)), P: twoSided(score, deviation)}, true
}

// senSlope is the median of the slopes of all pairs, with the interval from the score's
// standard deviation.
func senSlope(sorted []float64, deviation float64, n int) Estimate {
	middle := float64(len(sorted)-1) / 2
	half := Z95 * deviation / 2
	at := func(rank float64) float64 { return sorted[int(math.Round(min(max(rank, 0), float64(len(sorted)-1))))] }
	median := (sorted[int(math.Floor(middle))] + sorted[int(math.Ceil(middle))]) / 2
	return Estimate{Value: median, Low: min(median, at(middle-half)), High: max(median, at(middle+half)), N: uint64(n)}
}

// kendallVariance is the variance of the Mann–Kendall score without a trend.
func kendallVariance(points []Point) float64 {
	weight := func(n float64) float64 { return n * (n - 1) * (2*n + 5) }
	variance := weight(float64(len(points)))
	equal := map[float64]float64{}
	for _, p := range points {
		equal[p.Y]++
	}
	for _, n := range equal {
		variance -= weight(n)
	}
	return variance / 18
}

// twoSided is the probability of a score at least as far from 0, with a continuity
// correction.
func twoSided(score, deviation float64) float64 {
	if deviation == 0 || score == 0 {
		return 1
	}
	z := (math.Abs(score) - 1) / deviation
	return math.Erfc(z / math.Sqrt2)
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
