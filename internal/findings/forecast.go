package findings

import (
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
	"github.com/otwatch/otwatch/internal/whatif"
)

const (
	// maxQueueBytes bounds the queues that are advised.
	maxQueueBytes = 256 << 20
	// maxBusy is from which share of the time spent exporting on a queue only
	// puts the drops off, beyond the little time that was seen.
	maxBusy = 0.95
)

// course is what a processor went through in the recent past, a minute of it at the
// most, fit to be replayed under other settings. Of a receiver that falters now and
// then, the last intervals alone would tell too little.
type scenario struct {
	settings  snapshot.Settings
	replay    *whatif.Replay
	now       *whatif.Forecast // of the settings as they are
	perSecond float64          // spans that it was handed
	spanBytes uint64
}

// courseOf is known only where a replay shows what was seen.
func scenarioOf(parts []history.Interval, processor uint64, work *untrusted.Budget) (scenario, bool) {
	past := history.Merged(parts...)
	p := processorIn(past.Snapshot, processor)
	handed := p.Handed()
	if handed <= 0 {
		return scenario{}, false
	}
	drops := float64(p.Dropped()) / float64(handed)
	replay, err := whatif.NewReplay(observedLoad(parts, *p))
	if err != nil {
		return scenario{}, false
	}
	if replay.Within(work); replay.Calibrate(p.Settings, drops, p.Peak) != nil {
		return scenario{}, false
	}
	now, err := replay.Simulate(p.Settings)
	if err != nil || now.Confirm(drops) != nil {
		return scenario{}, false
	}
	return scenario{p.Settings, replay, now, float64(handed) / past.Elapsed.Seconds(), spanBytes(past.Texts)}, true
}

func fullestScenario(s facts) (scenario, bool) {
	p := s.fullest()
	if p == nil {
		return scenario{}, false
	}
	return s.scenarios[p.Address]()
}

// becomes is the advice to run with the settings of a forecast.
func (c scenario) becomes(title string, f *whatif.Forecast) report.Advice {
	return report.Advice{
		Title:    title,
		Env:      whatif.Env(c.settings, f.Settings),
		Expected: map[string]float64{"spans.dropped_share": f.Expected.Drops, "export.batch.mean": f.Expected.MeanBatch},
	}
}

// tryLarger doubles the batch of a processor that falls behind until its exports
// would keep up, if larger ones took no longer. Where all seen were of one size
// that is to be tried, and nothing can be promised; else, or where no batch within
// the queue would do, the exports are the bottleneck.
func (c scenario) tryLarger() report.Advice {
	larger := c.settings
	for !c.now.SizeShown && c.now.Expected.FallsBehind(c.settings) {
		if larger.MaxExportBatchSize *= 2; larger.MaxExportBatchSize > larger.MaxQueueSize {
			break
		}
		f, err := c.replay.Simulate(larger)
		if err == nil && f.Best.Drops < whatif.AcceptedDrops && f.Best.Busy <= maxBusy {
			return setting("try larger batches: all exports so far had one size; if larger ones do not take longer, no spans are dropped",
				"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(larger.MaxExportBatchSize))
		}
	}
	return code(fmt.Sprintf("speed up the exports or export less: they cannot keep up with %.0f ended spans per second, whatever the size of the queue; "+
		"an OpenTelemetry Collector on this host accepts them without delay, and its tail_sampling processor keeps the important traces", c.perSecond))
}

// forecastRoom finds the least queue and batch with which the fullest processor
// would have dropped nothing of what it was handed, and says what is to be expected
// of it. Where that cannot be forecast, it is nil.
func forecastRoom(s facts) []report.Advice {
	c, ok := fullestScenario(s)
	if !ok {
		return nil
	}
	best, err := c.replay.Search(c.settings, c.spanBytes, maxQueueBytes)
	if errors.Is(err, whatif.ErrTooLong) {
		a := roomier(s)
		a.Title += "; the effect cannot be forecast: " + err.Error()
		return []report.Advice{a}
	}
	if errors.Is(err, whatif.ErrExportsAreTheLimit) || err == nil && best.Expected.Busy > maxBusy {
		return []report.Advice{c.tryLarger()}
	}
	if err != nil {
		return nil
	}
	best = c.withHeadroom(best)
	effect := whatif.Effect{Before: c.now, After: best, BytesPerSpan: c.spanBytes}
	return []report.Advice{c.becomes("resize the processor: "+effect.String(), best)}
}

// withHeadroom doubles a queue of which more than half was needed: of as many
// exports again, the slowest is as likely as not slower than any that was seen.
func (c scenario) withHeadroom(f *whatif.Forecast) *whatif.Forecast {
	wider := f.Settings
	wider.MaxQueueSize *= 2
	if uint64(f.Worst.QueuePeak) <= f.Settings.MaxQueueSize/2 || whatif.QueueMemory(wider, c.spanBytes) > maxQueueBytes {
		return f
	}
	doubled, err := c.replay.Simulate(wider)
	if err != nil {
		return f
	}
	return doubled
}

// forecastLarger finds the batch with which a processor would not fall behind.
func forecastLarger(s facts, p snapshot.Processor) []report.Advice {
	c, ok := s.scenarios[p.Address]()
	if !ok || !c.now.Expected.FallsBehind(c.settings) {
		return nil
	}
	best, err := c.replay.FitBatch(c.settings, slowLimit(s))
	if err != nil || best.Expected.FallsBehind(best.Settings) {
		return []report.Advice{c.tryLarger()}
	}
	return []report.Advice{c.becomes(fmt.Sprintf("use larger batches: queue peak %d → %d spans", c.now.Expected.QueuePeak, best.Expected.QueuePeak), best)}
}

// forecastSmaller finds the batch with which exports of the fullest processor
// would take no longer than the limit; nil where it is not their size that makes
// them slow.
func forecastSmaller(s facts) []report.Advice {
	c, ok := fullestScenario(s)
	if !ok || !c.now.SizeShown {
		return nil
	}
	best, err := c.replay.FitBatch(c.settings, slowLimit(s))
	if err != nil || best.Expected.Took.P95 > slowLimit(s) || best.Settings.MaxExportBatchSize >= c.settings.MaxExportBatchSize {
		return nil
	}
	a := c.becomes(fmt.Sprintf("use smaller batches: 95 %% of exports take at most %v → %v", p95(c.now), p95(best)), best)
	a.Expected["export.duration_ms.p99"] = inMS(best.Expected.Took.P99)
	return []report.Advice{a, nearer(s)}
}

// p95 is the 95th percentile of the exports.
func p95(f *whatif.Forecast) time.Duration { return f.Expected.Took.P95.Round(time.Millisecond) }

// spanBytes is what a span holds that waits, its attributes' text included where
// that was looked at.
func spanBytes(t snapshot.Texts) uint64 {
	if t.Read == 0 {
		return analyzer.WaitingSpanBytes
	}
	return analyzer.WaitingSpanBytes + t.Bytes/t.Read
}

// observedLoad is what one processor was handed and how long its exports took. One
// that has not returned has lasted, at the least, since others did: of a receiver
// that falters it is the one that makes the queue run over.
func observedLoad(parts []history.Interval, p snapshot.Processor) whatif.Load {
	load := whatif.Load{Backlog: int(p.Before.Held())}
	var underWay whatif.Export
	for _, part := range parts {
		interval := whatif.Interval{Length: part.Elapsed}
		if in := processorIn(part.Snapshot, p.Address); in != nil {
			interval.Spans = uint64(max(0, in.Handed()))
		}
		load.Intervals = append(load.Intervals, interval)
		for _, e := range part.Exports {
			if e.Address != p.Exporter {
				continue
			}
			underWay.Spans, underWay.Duration = int(e.Inflight), underWay.Duration+part.Elapsed
			if e.Operations > 0 {
				underWay.Duration = 0
			}
			for _, op := range e.Latest {
				load.Exports = append(load.Exports, whatif.Export{Spans: int(op.Spans), Duration: op.Duration})
			}
		}
	}
	if underWay.Spans > 0 && underWay.Duration > 0 {
		load.Exports = append(load.Exports, underWay)
	}
	return load
}

// processorIn finds a processor by its address, nil if it was not seen.
func processorIn(s snapshot.Snapshot, address uint64) *snapshot.Processor {
	for i := range s.Processors {
		if s.Processors[i].Address == address {
			return &s.Processors[i]
		}
	}
	return nil
}
