package whatif

import (
	"math"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// NextBatchSize is the next step towards a target for the exports' 95th
// percentile: a tenth fewer spans where they take longer, a tenth more where
// they take less than half of it, never more than the queue holds. Where sizes
// and rates are known well enough to replay, Search does it in one step.
func NextBatchSize(exports []Export, settings snapshot.Settings, target time.Duration) uint64 {
	size := settings.MaxExportBatchSize
	switch p95 := p95(exports); {
	case p95 > target:
		return max(1, uint64(float64(size)*0.9))
	case p95 > 0 && p95 < target/2:
		return min(settings.MaxQueueSize, uint64(math.Ceil(float64(size)*1.1)))
	}
	return size
}

// p95 is the exports' 95th percentile, 0 if there are none.
func p95(exports []Export) time.Duration {
	if len(exports) == 0 {
		return 0
	}
	durations := make([]time.Duration, len(exports))
	for i, export := range exports {
		durations[i] = export.Duration
	}
	slices.Sort(durations)
	return estimate.Quantile(durations, 0.95)
}

// Limit is what keeps a busy processor from exporting more.
type Limit string

const (
	LimitBatch  Limit = "batch"  // batches are always full: enlarge them, or the queue
	LimitExport Limit = "export" // they are not: the export itself is slow
)

// alwaysFull is the share of exports that must be full for all to count so: the
// timer cuts one short now and then.
const alwaysFull = 0.95

// LimitOf tells the limit of a processor that drops spans or runs a backlog.
// Source: the tuning rule of splunk-otel-go's troubleshooting guide.
func LimitOf(exports []Export, settings snapshot.Settings) Limit {
	var full int
	for _, export := range exports {
		if uint64(max(0, export.Spans)) >= settings.MaxExportBatchSize {
			full++
		}
	}
	if len(exports) > 0 && float64(full) >= alwaysFull*float64(len(exports)) {
		return LimitBatch
	}
	return LimitExport
}

// starts are the settings to begin with by the machine's or container's memory,
// in bytes, the largest first.
var starts = []struct{ memory, queue, batch uint64 }{
	{16 << 30, 8192, 1024},
	{8 << 30, 4096, 512},
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
