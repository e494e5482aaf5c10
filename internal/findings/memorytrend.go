package findings

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
)

// How memory is judged. The runtime collects at least every two minutes, so a
// third of minLeakSeconds holds a collection, and the lowest readings are what
// remains after one: a sawtooth has a level there. A cache that warms up slows
// down; a jump is flat on both sides.
const (
	minGrowthSeconds = 180 // from where on growth is claimed
	minLeakSeconds   = 360 // from where on it is called a leak
	troughs          = 24  // parts of the time, each standing with its lowest reading
	minPace          = 0.5 // of each third's slope, by the whole time's
	minSteady        = 0.75
	significance     = 0.01
	materialPerHour  = 0.1 // growth by the hour, of the resident memory
)

const needsMemory = "needs three minutes of memory readings"

// memoryTrend is how the resident memory moves.
type memoryTrend struct {
	growth *estimate.Estimate // bytes a minute, nil if not claimed
	leak   bool               // significant, steady and material
	judged bool               // long enough to say whether it is one
	rss    float64            // bytes, at the end
	since  float64            // seconds seen
}

func trendOf(points []estimate.Point, rss uint64) memoryTrend {
	m := memoryTrend{rss: float64(rss)}
	if len(points) < 2 {
		return m
	}
	m.since = points[len(points)-1].X - points[0].X
	lowest := lowestOf(points, m.since)
	trend, ok := estimate.TrendOf(lowest)
	if !ok || m.since < minGrowthSeconds {
		return m
	}
	m.growth = trend.Slope.Times(60)
	m.judged = m.since >= minLeakSeconds
	m.leak = m.judged && trend.P < significance && steady(lowest) && m.growth.Low*60 >= materialPerHour*m.rss
	return m
}

// lowestOf keeps the lowest point of each part of the time.
func lowestOf(points []estimate.Point, seconds float64) []estimate.Point {
	var lowest []estimate.Point
	last := -1
	for _, p := range points {
		part := min(troughs-1, int((p.X-points[0].X)/seconds*troughs))
		if part != last {
			lowest, last = append(lowest, p), part
		} else if p.Y < lowest[len(lowest)-1].Y {
			lowest[len(lowest)-1] = p
		}
	}
	return lowest
}

// steady reports whether the points rise in each third of the time at the pace
// of the whole, no slower in the last than in the first, and stay in the last
// above all of the first.
func steady(points []estimate.Point) bool {
	n := len(points) / 3
	first, middle, last := points[:n], points[n:len(points)-n], points[len(points)-n:]
	pace := (mean(last) - mean(first)) / (last[0].X - first[0].X)
	slopes := [3]float64{slope(first), slope(middle), slope(last)}
	for _, s := range slopes {
		if s < minPace*pace {
			return false
		}
	}
	return pace > 0 && slopes[2] >= minSteady*slopes[0] && bottom(last) > top(first)
}

// slope is by least squares: a third has too few points for the median of
// pairs.
func slope(points []estimate.Point) float64 {
	var sx, sy, sxx, sxy float64
	for _, p := range points {
		sx, sy, sxx, sxy = sx+p.X, sy+p.Y, sxx+p.X*p.X, sxy+p.X*p.Y
	}
	n := float64(len(points))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

func mean(points []estimate.Point) float64 {
	var sum float64
	for _, p := range points {
		sum += p.Y
	}
	return sum / float64(len(points))
}

func bottom(points []estimate.Point) float64 {
	low := math.Inf(1)
	for _, p := range points {
		low = min(low, p.Y)
	}
	return low
}

func top(points []estimate.Point) float64 {
	high := math.Inf(-1)
	for _, p := range points {
		high = max(high, p.Y)
	}
	return high
}
