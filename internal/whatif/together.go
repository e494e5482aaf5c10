package whatif

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// manyExports is from how many exports on full batches that follow each other are
	// replayed as one step, and
	manyExports = 1 << 13
	// finest the part of the queue that they may be of: in reality it has so much less
	// room for a moment.
	finest = 16
)

// together are full batches whose exports, one after the other, are one step of a
// replay: of a processor with batches of a few spans there are millions. The zero
// value has none.
type together struct {
	most int
	sums []time.Duration // of the first exports, none included, each of a full batch
}

// together has none where the batches are not that many, or one may run into a timeout.
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

// duration is that of n exports from the one of an index on, taken round and round.
func (t together) duration(index, n int) time.Duration {
	return t.upTo(index+n) - t.upTo(index)
}

func (t together) upTo(n int) time.Duration {
	round := len(t.sums) - 1
	return time.Duration(n/round)*t.sums[round] + t.sums[n%round]
}
