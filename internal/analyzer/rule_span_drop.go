package analyzer

import (
	"fmt"
	"strconv"
)

const criticalDrops = 10 // times the limit

var spanDrop = diagnosis{
	id: "span-drop", category: "Queue",
	says:   "spans are dropped at a full queue: telemetry is lost",
	when:   "dropped spans are more than the limit `drops` (1 %) of the sampled spans that ended; critical from ten times that",
	clears: "no more than the limit are dropped",
	needs:  "no processor's drop counter could be read",
	judge:  judgeSpanDrop,
}

func judgeSpanDrop(s seen) ruling {
	if len(s.merged.Processors) == 0 || s.flow.Spans.Dropped == nil {
		return ruling{}
	}
	dropped, ended := s.flow.Spans.Dropped.Value, dropBase(s)
	if dropped == 0 || dropped <= s.limits.Drops*ended {
		return ruling{state: healthy}
	}
	share := dropped / ended
	return ruling{
		state: sick, severity: severe(share >= criticalDrops*s.limits.Drops),
		title:    fmt.Sprintf("%.3g %% of the spans that end are dropped at a full queue", 100*share),
		evidence: map[string]float64{"dropped": dropped, "ended": ended, "share": share, "limit": s.limits.Drops},
		advice:   []Advice{roomier(s)},
		forecast: s.room,
	}
}

// dropBase is what dropped spans are a part of: all that processors were
// handed, by their own counts.
func dropBase(s seen) float64 {
	var n int64
	for _, p := range s.merged.Processors {
		n += max(int64(p.Dropped()), handedTo(p))
	}
	return float64(n)
}

// roomier doubles queue and batch of the fullest processor twice: a larger
// batch takes more spans away with each export, a larger queue outlasts bursts.
func roomier(s seen) Advice {
	size, batch := uint64(2048), uint64(512)
	if p := s.fullest(); p != nil {
		size, batch = p.Settings.MaxQueueSize, p.Settings.MaxExportBatchSize
	}
	return setting("give the processor a larger queue and larger batches",
		"OTEL_BSP_MAX_QUEUE_SIZE", decimal(4*size), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(min(4*size, 2*batch)))
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
