package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

const (
	tinyBatch    = 10   // spans, in the mean
	tinyPerS     = 5    // exports a second
	advisedDelay = 5000 // milliseconds, the SDK's default
)

var batchConfig = rule{
	id: "batch-config", category: "Batching",
	says:   "batch size or delay does not fit the observed rate",
	when:   "batches are full (95 % on average) while the queue was half full; or half of the exports take longer than the schedule delay while the queue was half full; or there are more than 5 exports a second with fewer than 10 spans each, while the schedule delay is below 5 s, the batch size is below 10, or ForceFlush makes half of the exports. Always info",
	clears: "none of these conditions holds",
	needs:  "no batch span processor has exported",
	judge:  judgeBatchConfig,
}

func judgeBatchConfig(s facts) verdict {
	if s.figures.Export.Operations == 0 {
		return verdict{}
	}
	judged := false
	for _, p := range snapshot.Batching(s.lately.Processors) {
		for _, x := range s.lately.Exports {
			if x.Address != p.Exporter || x.Operations == 0 {
				continue
			}
			if r := judgeBatches(s, p, x); r.state == present {
				return r
			}
			judged = true
		}
	}
	if judged {
		return verdict{state: absent}
	}
	return verdict{}
}

func judgeBatches(s facts, p snapshot.Processor, x snapshot.Exporter) verdict {
	size, rate := float64(x.Spans)/float64(x.Operations), float64(x.Operations)/s.seconds()
	largest, capacity := float64(p.Settings.MaxExportBatchSize), float64(p.Settings.MaxQueueSize)
	p50, backed := medianOf(x.Latest), float64(p.Peak) >= whatif.BackedUp*capacity
	r := verdict{state: present, severity: report.Info, evidence: map[string]float64{
		"batch_mean": size, "batch_max": largest, "exports_per_second": rate, "queue_peak": float64(p.Peak), "queue_capacity": capacity,
		"schedule_delay_ms": inMS(p.Settings.BatchTimeout), "export_p50_ms": inMS(p50),
	}}
	switch {
	case size >= whatif.AlwaysFull*largest && backed && largest > 1:
		r.title = fmt.Sprintf("all batches of %.0f spans are full, and spans wait for the next batch", largest)
		r.advice = []report.Advice{setting("use larger batches, and a queue that holds several of them",
			"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(2*p.Settings.MaxExportBatchSize),
			"OTEL_BSP_MAX_QUEUE_SIZE", decimal(max(p.Settings.MaxQueueSize, 8*p.Settings.MaxExportBatchSize)))}
		r.forecast = func() []report.Advice { return forecastLarger(s, p) }
	case backed && p50 > p.Settings.BatchTimeout:
		// The timer, set anew when an export begins, has fired when it returns: the
		// next takes what few spans it finds first, see docs/whatif.md.
		r.title = fmt.Sprintf("exports take longer than the schedule delay of %s ms: every second export has hardly any spans", short(inMS(p.Settings.BatchTimeout)))
		r.advice = []report.Advice{setting("use a schedule delay that is longer than an export",
			"OTEL_BSP_SCHEDULE_DELAY", decimal(uint64(max(advisedDelay, 2*inMS(p50)))))}
	case size < tinyBatch && rate > tinyPerS:
		r.title = fmt.Sprintf("%s exports per second have only %s spans each", short(rate), short(size))
		r.advice = fewerExports(p, x)
		if len(r.advice) == 0 {
			return verdict{state: absent}
		}
	default:
		return verdict{state: absent}
	}
	return r
}

// fewerExports is how a processor makes fewer exports, of more spans each; empty if neither
// its settings nor flushes are why they are so many.
func fewerExports(p snapshot.Processor, x snapshot.Exporter) []report.Advice {
	if 2*p.Flushes.Count >= x.Operations {
		return []report.Advice{code("call ForceFlush when the program ends, not for each request: every call exports what is waiting, and waits for that")}
	}
	if inMS(p.Settings.BatchTimeout) >= advisedDelay && p.Settings.MaxExportBatchSize >= tinyBatch {
		return nil
	}
	return []report.Advice{setting("use a longer schedule delay",
		"OTEL_BSP_SCHEDULE_DELAY", decimal(max(advisedDelay, uint64(p.Settings.BatchTimeout.Milliseconds()))),
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(max(512, p.Settings.MaxExportBatchSize)))}
}

// medianOf is the median duration of operations; 0 of none.
func medianOf(operations []snapshot.Operation) time.Duration {
	if len(operations) == 0 {
		return 0
	}
	durations := make([]time.Duration, len(operations))
	for i, op := range operations {
		durations[i] = op.Duration
	}
	slices.Sort(durations)
	return estimate.Quantile(durations, 0.5)
}
