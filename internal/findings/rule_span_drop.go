package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

const criticalDrops = 10 // times the limit

var spanDrop = rule{
	id: "span-drop", category: "Queue",
	says:   "spans are dropped at a full queue: telemetry is lost",
	when:   "dropped spans are more than the limit `drops` (1 %) of the sampled spans that ended, in the last three intervals or since the attach. Critical from ten times the limit",
	clears: "dropped spans are within the limit in the last three intervals; and they are within it since the attach, or none was dropped for a minute",
	needs:  "no processor's drop counter could be read",
	judge:  judgeSpanDrop,
}

func judgeSpanDrop(s facts) verdict {
	if len(s.lately.Processors) == 0 || s.figures.Spans.Dropped == nil {
		return verdict{}
	}
	lately, all := droppedBy(s.lately.Processors), droppedBy(s.Total.Processors)
	overall := all.share() > lately.share() && s.deliveries.lately(s.deliveries.dropped)
	d := lately
	if overall {
		d = all
	}
	if d.share() <= s.limits.Drops {
		return verdict{state: absent}
	}
	v := verdict{
		state: present, severity: severe(d.share() >= criticalDrops*s.limits.Drops), until: s.deliveries.dropped,
		title:    dropTitle(d.share(), overall, s.deliveries.dropped),
		evidence: map[string]float64{"dropped": d.dropped, "ended": d.ended, "share": d.share(), "limit": s.limits.Drops},
		advice:   []report.Advice{roomier(s)},
		forecast: s.room, extent: s.dropsRemembered(),
	}
	most := slices.MaxFunc(s.Total.Processors, func(a, b snapshot.Processor) int { return cmp.Compare(a.Dropped(), b.Dropped()) })
	s.blame(most.Exporter, v.evidence)
	return v
}

func dropTitle(share float64, overall bool, last time.Time) string {
	if overall {
		return fmt.Sprintf("%s of the spans that ended since otwatch attached were dropped because the queue was full, most recently at %s",
			estimate.Percent(share), clock(last))
	}
	return fmt.Sprintf("%s of ended spans are dropped because the queue is full", estimate.Percent(share))
}

// dropped are the spans that processors dropped of those that ended.
type dropped struct{ dropped, ended float64 }

func (d dropped) share() float64 { return d.dropped / max(1, d.ended) }

// droppedBy adds up those of processors.
func droppedBy(processors []snapshot.Processor) dropped {
	d := dropped{ended: dropBase(processors)}
	for _, p := range processors {
		d.dropped += float64(p.Dropped())
	}
	return d
}

// dropBase is the total that dropped spans are a share of: all spans handed to the
// processors, by their own counts.
func dropBase(processors []snapshot.Processor) float64 {
	var n int64
	for _, p := range processors {
		n += max(int64(p.Dropped()), p.Handed())
	}
	return float64(n)
}

// dropsRemembered is the share of spans dropped over the Past, which forecasts replay.
func (s facts) dropsRemembered() float64 {
	var all dropped
	for _, part := range s.Intervals {
		d := droppedBy(part.Processors)
		all.dropped, all.ended = all.dropped+d.dropped, all.ended+d.ended
	}
	return all.share()
}

// roomier is advice to make the queue of the fullest processor four times as large, enough
// for bursts. If its batches are always full, they are doubled too, so that each export
// carries more.
func roomier(s facts) report.Advice {
	p := s.fullest()
	if p == nil {
		p = &snapshot.Processor{Settings: snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512}}
	}
	queue, batch := 4*p.Settings.MaxQueueSize, p.Settings.MaxExportBatchSize
	if !s.fullBatches(*p) {
		return setting("use a larger queue; if it fills up too, the exports are the bottleneck",
			"OTEL_BSP_MAX_QUEUE_SIZE", decimal(queue))
	}
	return setting("use a larger queue and larger batches",
		"OTEL_BSP_MAX_QUEUE_SIZE", decimal(queue), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(min(queue, 2*batch)))
}

// fullBatches reports whether nearly all of a processor's batches are full.
func (s facts) fullBatches(p snapshot.Processor) bool {
	for _, x := range s.lately.Exports {
		if x.Address == p.Exporter && x.Operations > 0 {
			return float64(x.Spans) >= whatif.AlwaysFull*float64(x.Operations)*float64(p.Settings.MaxExportBatchSize)
		}
	}
	return false
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
