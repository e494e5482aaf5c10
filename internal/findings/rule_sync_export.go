package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

const (
	criticalWaiting = 10 * time.Millisecond // of half the exports

	syncExportWait    = 100 * time.Microsecond // of half the exports
	syncRequestWait   = 100 * time.Microsecond // of a request, for all its exports
	syncExportCPU     = 0.01                   // of the CPU, at the lower bound
	syncExportsClears = 0.5                    // of these
)

var syncExport = rule{
	id: "sync-export", category: "Batching",
	says:   "spans are exported on the request path (simple processor)",
	when:   "an exporter without a batch processor made at least three exports, each of one span, and they cost something: half of them take 0.1 ms or longer, a request waits 0.1 ms for its exports, or they take more than 1 % of the CPU. Critical if half of them take 10 ms or longer, because the code that ends a span waits for its export",
	clears: "there are no such exports any more, or each of these costs is below half of its threshold",
	needs:  "no export has returned",
	judge:  judgeSyncExport,
}

func judgeSyncExport(s facts) verdict {
	var operations, spans, alone uint64
	var durations []time.Duration
	for _, x := range s.lately.Exports {
		operations += x.Operations
		// Batch processors that are not listed may export spans one by one, too.
		if x.Sync > 0 && !s.batched(x.Address) && x.MaxBatch == 1 {
			alone += x.Sync
			spans += x.Spans
			for _, op := range x.Latest {
				durations = append(durations, op.Duration)
			}
		}
	}
	switch {
	case operations == 0 || alone > 0 && len(durations) < analyzer.MinSyncExports:
		return verdict{}
	case alone == 0:
		return verdict{state: absent}
	}
	slices.Sort(durations)
	median := estimate.Quantile(durations, 0.5)
	switch cost := s.costOfSyncExports(median); {
	case cost < syncExportsClears:
		return verdict{state: absent}
	case cost < 1:
		return verdict{}
	}
	p50 := inMS(median)
	evidence := map[string]float64{"exports": float64(alone), "spans": float64(spans), "p50_ms": p50}
	if s.figures.Export.Operations > 0 { // else the budget let only some be seen
		evidence["exports_per_second"] = float64(alone) / s.seconds()
	}
	if s.sampled.Counts.Tracing.Exporting > 0 {
		evidence["samples_exporting"], evidence["samples_on_request_path"] = float64(s.sampled.Counts.Tracing.Exporting), float64(s.sampled.Counts.Tracing.ExportingInline)
	}
	return verdict{
		state: present, severity: severe(p50 >= inMS(criticalWaiting)),
		title:    fmt.Sprintf("spans are exported synchronously; span.End blocks for %s ms (median)", short(p50)),
		evidence: evidence,
		advice:   s.batchAdvice(),
	}
}

// costOfSyncExports is what exports on the request path cost, as a multiple of what is worth a
// finding: what one of them takes, what a request waits, or their share of the CPU.
func (s facts) costOfSyncExports(median time.Duration) float64 {
	cost := float64(median) / float64(syncExportWait)
	if waits := s.figures.Request.BlockedUS; waits != nil {
		cost = max(cost, waits.Value/float64(syncRequestWait.Microseconds()))
	}
	if c := s.sampled.Counts; c.Samples >= minCostSamples {
		cost = max(cost, estimate.Proportion(c.Share(c.Tracing.ExportingInline), c.Samples).Low/syncExportCPU)
	}
	return cost
}

// startDelay is short: a crash loses little.
const startDelay = 200 * time.Millisecond

// batchAdvice is to use a batch processor, with a queue that suits the memory. Requests do
// not wait for exports then.
func (s facts) batchAdvice() []report.Advice {
	batch := code("replace trace.WithSyncer(exporter) or NewSimpleSpanProcessor with trace.WithBatcher(exporter)")
	batch.Expected["request.blocked_us"] = 0
	start := whatif.Start(s.lately.Target.Memory, snapshot.Settings{BatchTimeout: startDelay})
	title := fmt.Sprintf("then use these settings of the batch processor; its full queue takes %s of memory", humanize.Bytes(whatif.QueueMemory(start, spanBytes(s.texts()))))
	return []report.Advice{batch, {Title: title, Wanted: whatif.Env(snapshot.Settings{}, start), Expected: map[string]float64{}}}
}
