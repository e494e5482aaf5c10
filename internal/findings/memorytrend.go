package findings

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
)

// How memory is judged. The runtime collects garbage at least every two minutes, so each
// third of minLeakSeconds has a collection. The lowest readings are what is live after
// one: in a sawtooth they are level. The growth of a cache that fills slows down; a jump
// is flat before and after.
const (
	minGrowthSeconds = 180  // needed to claim growth
	minLeakSeconds   = 360  // needed to call it a leak
	troughs          = 24   // parts of the time, of which the lowest readings are used
	minPace          = 0.5  // least slope of each third, of that of the whole time
	minSteady        = 0.75 // least slope of the last third, of that of the first
	significance     = 0.01
	materialPerHour  = 0.1 // least growth per hour, of the resident memory
)

const needsMemory = "needs three minutes of memory readings"

// memoryTrend is how the resident memory changes.
type memoryTrend struct {
	growth *estimate.Estimate // bytes a minute, nil if not claimed
	leak   bool               // the growth is significant, steady and material
	judged bool               // the readings are long enough to know whether it is a leak
	rss    float64            // bytes, at the end
	since  float64            // seconds of readings
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

// steady reports whether the points rise in each third of the time at the pace of the
// whole time, in the last third not slower than in the first, and are in the last third
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

// slope is by least squares: a third has too few points for the median of all pairs.
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
