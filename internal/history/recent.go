package history

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// What is kept of a target's last intervals.
const (
	// Reach is how far back they go.
	Reach = time.Minute
	// MinIntervals are kept however long they are.
	MinIntervals = 3
	// MaxIntervals is how many are kept at most: those of a recording may have no length.
	MaxIntervals = 600
	// maxRecentBytes bounds their memory: each may have hundreds of processors or names.
	maxRecentBytes = 4 << 20
)

// The time over which the live view shows rates and latencies: longer than the cycle in
// which started spans are counted.
const (
	shownReach = 12 * time.Second
	shownBytes = 2 << 20
)

// recent are a target's last intervals, ascending. How far back they reach is the sum of
// their lengths, since the clock that gives their starts may be set.
type recent struct {
	intervals []Interval
	elapsed   time.Duration // of intervals
	bytes     int
}

// add keeps the next interval, and drops the oldest ones that there is no room for.
func (r *recent) add(next Interval) {
	r.intervals = append(r.intervals, next)
	r.elapsed += next.Elapsed
	r.bytes += next.size
	for len(r.intervals) > MinIntervals && (r.elapsed > Reach || r.bytes > maxRecentBytes || len(r.intervals) > MaxIntervals) {
		r.elapsed -= r.intervals[0].Elapsed
		r.bytes -= r.intervals[0].size
		r.intervals = r.intervals[1:]
	}
}

// shown are the intervals that the live view shows: the last one, and those before it
// within its reach.
func (r *recent) shown() []Interval {
	from, elapsed, bytes := len(r.intervals), time.Duration(0), 0
	for from > 0 {
		before := r.intervals[from-1]
		elapsed, bytes = elapsed+before.Elapsed, bytes+before.size
		if from < len(r.intervals) && (elapsed > shownReach || bytes > shownBytes) {
			break
		}
		from--
	}
	return r.intervals[from:]
}

// counts are what the number of spans in all of the intervals follows from.
func (r *recent) counts() snapshot.Snapshot {
	var sum snapshot.Snapshot
	for i, interval := range r.intervals {
		next := snapshot.Snapshot{
			Start: interval.Start, Elapsed: interval.Elapsed, Counts: interval.Snapshot.Counts, Exports: sizesOf(interval.Exports), Stretches: interval.Stretches, Processors: interval.Processors, Others: interval.Others,
			Probing: snapshot.Probing{Lost: interval.Probing.Lost}, Missing: interval.Missing, Gaps: interval.Gaps, Ended: interval.Ended,
		}
		if i > 0 {
			next = sum.Merge(next)
		}
		sum = next
	}
	return sum
}

// sizesOf is how many exports there were, and how large.
func sizesOf(exports []snapshot.Exporter) []snapshot.Exporter {
	sizes := make([]snapshot.Exporter, len(exports))
	for i, e := range exports {
		sizes[i] = snapshot.Exporter{Address: e.Address, Operations: e.Operations, MaxBatch: e.MaxBatch}
	}
	return sizes
}

// last is the last interval.
func (r *recent) last() Interval { return r.intervals[len(r.intervals)-1] }
