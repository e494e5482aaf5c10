package history

import (
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// total adds up the intervals of one target, which follow each other without a gap. What
// it takes is bounded, however long that goes on. The zero value is empty.
type total struct {
	snapshots snapshot.Total
	counts    classify.Counts
}

// add enters the next interval, which is not modified.
func (t *total) add(next Interval) {
	t.snapshots.Add(next.Snapshot)
	t.counts.Add(next.Counts)
	t.counts.Trim(classify.TotalLineBytes)
}

// interval is the whole, which the next add changes.
func (t *total) interval() Interval {
	return Interval{Snapshot: t.snapshots.Snapshot(), Counts: t.counts}
}
