package history

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// costSamples is how many CPU samples the cost of tracing is judged by: with that many, the
// interval of 8 % is ± 2.4 points.
const costSamples = 500

// judgedExports is how many exports make up what the exporters are judged by.
const judgedExports = 10

// Past is what findings are judged by at the end of an interval. It does not change, so it
// can be read while the next interval is added.
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

// Sampled are as many of the last intervals as have enough samples to judge the cost of
// tracing; all if there are too few samples.
func (p Past) Sampled() []Interval {
	var samples uint64
	for i := len(p.Intervals) - 1; i > 0; i-- {
		if samples += p.Intervals[i].Counts.Samples; samples >= costSamples {
			return p.Intervals[i:]
		}
	}
	return p.Intervals
}

// Exporting are as many of the last intervals as have enough exports to judge the exporters
// by, and those of Lately; all if there are too few exports.
func (p Past) Exporting() []Interval {
	var exports uint64
	for i := len(p.Intervals) - 1; i > 0; i-- {
		for _, e := range p.Intervals[i].Exports {
			exports += e.Operations
		}
		if exports >= judgedExports && len(p.Intervals)-i >= MinIntervals {
			return p.Intervals[i:]
		}
	}
	return p.Intervals
}
