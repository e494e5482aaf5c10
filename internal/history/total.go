package history

import (
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// total is the sum of consecutive intervals of one target. Its memory is bounded. The zero
// value is empty.
type total struct {
	snapshots snapshot.Total
	counts    classify.Counts
}

// add adds the next interval, without changing it.
func (t *total) add(next Interval) {
	t.snapshots.Add(next.Snapshot)
	t.counts.Add(next.Counts)
	t.counts.Trim(classify.TotalLineBytes)
}

// interval is the sum. The next add changes it.
func (t *total) interval() Interval {
	return Interval{Snapshot: t.snapshots.Snapshot(), Counts: t.counts}
}
