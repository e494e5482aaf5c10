package whatif

import (
	"math"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Of a processor that falls behind, batches are always full, and the queue was
// long. Source: the tuning rule of splunk-otel-go's troubleshooting guide.
const (
	AlwaysFull = 0.95 // of the largest batch, in the mean: the timer cuts one short now and then
	BackedUp   = 0.5  // of the queue's capacity, at its longest
)

// FitBatch finds the batch to which NextBatchSize leads from the current one, each
// step on a replay of the step before: it takes a person many deployments. It goes
// no further than drops stay as they are, but for AcceptedDrops.
func (r *Replay) FitBatch(current snapshot.Settings, target time.Duration) (*Forecast, error) {
	if err := checkSettings(current); err != nil {
		return nil, err
	}
	best := r.fit(current, target)
	best.Best = r.best(best.Settings)
	return best, r.exhausted()
}

// fit is FitBatch's fears.
func (r *Replay) fit(current snapshot.Settings, target time.Duration) *Forecast {
	best := r.fears(current)
	most := best.Worst.Drops + AcceptedDrops
	for {
		next := best.Settings
		next.MaxExportBatchSize = best.NextBatchSize(target)
		before, now, after := current.MaxExportBatchSize, best.Settings.MaxExportBatchSize, next.MaxExportBatchSize
		turns := now > before && after < now || now < before && after > now
		if after == now || turns || r.exhausted() != nil {
			return best
		}
		fears := r.fears(next)
		if fears.Worst.Drops > most {
			return best
		}
		best = fears
	}
}

// NextBatchSize is the next step towards a target for the exports' 95th
// percentile: a tenth fewer spans a batch where they take longer; a tenth more,
// but never more than the queue holds, where they take less than half of it and
// the processor falls behind.
func (f *Forecast) NextBatchSize(target time.Duration) uint64 {
	size := f.Settings.MaxExportBatchSize
	switch p95 := f.Expected.Took.P95; {
	case p95 > target:
		return max(1, uint64(float64(size)*0.9))
	case p95 < target/2 && f.Expected.FallsBehind(f.Settings):
		return min(f.Settings.MaxQueueSize, uint64(math.Ceil(float64(size)*1.1)))
	}
	return size
}

// FallsBehind says that with some settings batches were always full while spans
// waited for the next.
func (o Outcome) FallsBehind(s snapshot.Settings) bool {
	return o.MeanBatch >= AlwaysFull*float64(s.MaxExportBatchSize) && float64(o.QueuePeak) >= BackedUp*float64(s.MaxQueueSize)
}

// starts are the settings to begin with by the memory that a process may use, in
// bytes, the largest first. A machine of 8 GiB has a little less to give.
var starts = []struct{ memory, queue, batch uint64 }{
	{16e9, 8192, 1024},
	{8e9, 4096, 512},
	{0, 2048, 256},
}

// Start is what to begin with where nothing was observed yet: the settings with
// a queue and a batch that suit so many bytes of memory.
func Start(memory uint64, current snapshot.Settings) snapshot.Settings {
	for _, start := range starts {
		if memory >= start.memory {
			current.MaxQueueSize, current.MaxExportBatchSize = start.queue, start.batch
			break
		}
	}
	return current
}
