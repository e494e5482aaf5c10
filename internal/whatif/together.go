package whatif

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// manyExports is the number of exports from which on successive full batches are
	// replayed as one step.
	manyExports = 1 << 13
	// finest is the part of the queue, one over it, that these batches may have: in
	// reality the queue has so much less room for a moment.
	finest = 16
)

// together is a number of full batches whose successive exports are one step of a replay:
// a processor with batches of a few spans makes millions. The zero value has none.
type together struct {
	most int
	sums []time.Duration // of the first exports, none included, each of a full batch
}

// together returns none if there are not so many batches, or if an export may run into a
// timeout.
func (r *Replay) together(s snapshot.Settings, exports durations) together {
	batches := int(r.load.spans()/s.MaxExportBatchSize)/manyExports + 1
	room := int(s.MaxQueueSize / s.MaxExportBatchSize / finest)
	if min(batches, room) < 2 {
		return together{}
	}
	r.sums = append(r.sums[:0], 0)
	for i := range r.service.exports {
		took := exports(i, int(s.MaxExportBatchSize))
		if took >= s.BatchTimeout || s.ExportTimeout > 0 && took >= s.ExportTimeout {
			return together{}
		}
		if r.sums = append(r.sums, r.sums[i]+took); r.sums[i+1] > longest {
			return together{}
		}
	}
	return together{most: min(batches, room), sums: r.sums}
}

// duration is that of n exports from an index on, modulo their number.
func (t together) duration(index, n int) time.Duration {
	return t.upTo(index+n) - t.upTo(index)
}

func (t together) upTo(n int) time.Duration {
	round := len(t.sums) - 1
	return time.Duration(n/round)*t.sums[round] + t.sums[n%round]
}
