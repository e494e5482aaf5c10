package whatif

import (
	"math"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// A processor falls behind if batches are always full and the queue was long. Source: the tuning rule of splunk-otel-go's troubleshooting guide.
const (
	AlwaysFull = 0.95 // of the largest batch, in the mean: the timer cuts one short now and then
	BackedUp   = 0.5  // of the queue's capacity, at its longest
)

// FitBatch finds the batch size that repeated use of NextBatchSize leads to, with each
// step replayed instead of deployed. It does not go on where drops would rise by more
// than AcceptedDrops.
func (r *Replay) FitBatch(current snapshot.Settings, target time.Duration) (*Forecast, error) {
	if err := checkSettings(current); err != nil {
		return nil, err
	}
	best := r.fit(current, target)
	best.Best = r.best(best.Settings)
	return best, r.exhausted()
}

// fit is FitBatch with forecasts of the expected and the worst outcome only.
func (r *Replay) fit(current snapshot.Settings, target time.Duration) *Forecast {
	best := r.withoutBest(current)
	most := best.Worst.Drops + AcceptedDrops
	for {
		next := best.Settings
		next.MaxExportBatchSize = best.NextBatchSize(target)
		before, now, after := current.MaxExportBatchSize, best.Settings.MaxExportBatchSize, next.MaxExportBatchSize
		turns := now > before && after < now || now < before && after > now
		if after == now || turns || r.exhausted() != nil {
			return best
		}
		forecast := r.withoutBest(next)
		if forecast.Worst.Drops > most {
			return best
		}
		best = forecast
	}
}

// NextBatchSize is the next step towards a target for the 95th percentile of export
// durations: a tenth fewer spans a batch if exports take longer; a tenth more, up to the
// queue's size, if they take less than half of the target and the processor falls behind.
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

// FallsBehind reports whether, under some settings, batches were always full while spans
// waited for the next one.
func (o Outcome) FallsBehind(s snapshot.Settings) bool {
	return o.MeanBatch >= AlwaysFull*float64(s.MaxExportBatchSize) && float64(o.QueuePeak) >= BackedUp*float64(s.MaxQueueSize)
}

// starts are initial settings by the memory that a process may use, in bytes, the largest
// first. A machine of 8 GiB has a little less.
var starts = []struct{ memory, queue, batch uint64 }{
	{16e9, 8192, 1024},
	{8e9, 4096, 512},
	{0, 2048, 256},
}

// Start returns initial settings, for a process of which nothing was observed yet: with a
// queue and a batch that fit the memory.
func Start(memory uint64, current snapshot.Settings) snapshot.Settings {
	for _, start := range starts {
		if memory >= start.memory {
			current.MaxQueueSize, current.MaxExportBatchSize = start.queue, start.batch
			break
		}
	}
	return current
}
