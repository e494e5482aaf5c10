package whatif

import (
	"math"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
)

// service is how long an export of n spans takes, as learnt from observed exports.
type service struct {
	exports []Export // of at least one span, in their order
	largest int      // of them, in spans
	// shown means that sizes differed enough to know what one more span costs: perSpan
	// nanoseconds, low to high with 95 % confidence.
	shown              bool
	perSpan, low, high float64
}

const (
	minExports   = 10  // below which sizes are not compared
	maxExports   = 256 // compared at most, evenly chosen: all pairs are
	minSizeRange = 1.5 // largest over smallest export, below which sizes are one
)

// newService learns from exports, except those without spans.
func newService(exports []Export) service {
	var s service
	for _, export := range exports {
		if export.Spans > 0 && export.Duration >= 0 {
			s.exports = append(s.exports, export)
			s.largest = max(s.largest, export.Spans)
		}
	}
	s.learn(evenly(s.exports, maxExports))
	return s
}

// learn sets what one more span costs: the median slope of all pairs of exports, and its
// interval (Theil, Sen), which few very slow exports do not change.
func (s *service) learn(exports []Export) {
	if len(exports) < minExports || sizeRange(exports) < minSizeRange {
		return
	}
	slopes := slopes(exports)
	slices.Sort(slopes)
	n, middle := float64(len(exports)), float64(len(slopes))/2
	half := estimate.Z95 * math.Sqrt(n*(n-1)*(2*n+5)/18) / 2
	at := func(rank float64) float64 {
		return max(0, slopes[min(max(int(rank), 0), len(slopes)-1)])
	}
	s.perSpan, s.low, s.high = at(middle), at(middle-half), at(middle+half)
	s.shown = true
}

// slopes are the slopes between any two exports of different sizes, in nanoseconds a
// span.
func slopes(exports []Export) (all []float64) {
	for i, a := range exports {
		for _, b := range exports[i+1:] {
			if a.Spans != b.Spans {
				all = append(all, float64(b.Duration-a.Duration)/float64(b.Spans-a.Spans))
			}
		}
	}
	return all
}

// sizeRange is the ratio of the largest export's size to the smallest one's.
func sizeRange(exports []Export) float64 {
	bySize := func(a, b Export) int { return a.Spans - b.Spans }
	smallest, largest := slices.MinFunc(exports, bySize), slices.MaxFunc(exports, bySize)
	return float64(largest.Spans) / float64(smallest.Spans)
}

// evenly chooses at most n of the exports, evenly spaced.
func evenly(exports []Export, n int) []Export {
	if len(exports) <= n {
		return exports
	}
	chosen := make([]Export, n)
	for i := range chosen {
		chosen[i] = exports[i*len(exports)/n]
	}
	return chosen
}

// durations is how long the export with an index, modulo their number, would take for a
// number of spans.
type durations func(index, spans int) time.Duration

// likely is the expected duration. If exports do not show how it depends on the size,
// larger ones than observed take proportionally longer, so that no forecast promises what
// was not observed.
func (s service) likely() durations {
	if !s.shown {
		return s.inProportion
	}
	return s.bySlopes(s.perSpan, s.perSpan)
}

// slowest makes exports of other sizes as slow as they may be.
func (s service) slowest() durations {
	if !s.shown {
		return s.inProportion
	}
	return s.bySlopes(s.high, s.low)
}

// fastest makes exports of other sizes as fast as they may be.
func (s service) fastest() durations {
	if !s.shown {
		return s.bySlopes(0, math.Inf(1))
	}
	return s.bySlopes(s.low, s.high)
}

// bySlopes adds what each span more costs and subtracts what each span less saves, in
// nanoseconds; never more than in proportion to the size, since an export's fixed part is
// not negative.
func (s service) bySlopes(more, less float64) durations {
	return func(index, spans int) time.Duration {
		export := s.exports[index%len(s.exports)]
		perSpan := more
		if spans < export.Spans {
			perSpan = less
		}
		perSpan = min(perSpan, float64(export.Duration)/float64(export.Spans))
		return duration(float64(export.Duration) + perSpan*float64(spans-export.Spans))
	}
}

// inProportion keeps the duration of exports up to the largest observed, and prolongs
// larger ones in proportion.
func (s service) inProportion(index, spans int) time.Duration {
	took := s.exports[index%len(s.exports)].Duration
	return duration(float64(took) * float64(max(spans, s.largest)) / float64(s.largest))
}

// duration is a duration of so many nanoseconds, as long as a replay at most.
func duration(nanoseconds float64) time.Duration {
	return time.Duration(min(max(nanoseconds, 0), float64(longest)))
}
