package history

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// costSamples is how many CPU samples a share of the CPU is judged by: one of 8 % then has
// an interval of ± 2.4 points.
const costSamples = 500

// Past is what findings are judged by at the end of an interval. It does not change, and
// so can be read while the History takes in the next interval.
type Past struct {
	Intervals []Interval        // the last ones, ascending; at least one
	Total     snapshot.Snapshot // since the target was attached
	Queue     []estimate.Point  // spans queued over seconds
	Memory    []estimate.Point  // resident bytes over seconds
	Names     snapshot.Names    // of the last NameSpans spans read, or more
}

// Last is the last interval.
func (p Past) Last() Interval { return p.Intervals[len(p.Intervals)-1] }

// Lately are the last MinIntervals intervals, or as many as there are.
func (p Past) Lately() []Interval { return p.Intervals[max(0, len(p.Intervals)-MinIntervals):] }

// Sampled are the fewest last intervals with enough samples to judge what tracing costs;
// all where there are too few.
func (p Past) Sampled() []Interval {
	var samples uint64
	for i := len(p.Intervals) - 1; i > 0; i-- {
		if samples += p.Intervals[i].Counts.Samples; samples >= costSamples {
			return p.Intervals[i:]
		}
	}
	return p.Intervals
}
