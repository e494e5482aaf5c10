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
	// maxBusy is the share of the time spent exporting beyond which a larger queue only
	// delays the drops.
	maxBusy = 0.95
)

// scenario is the load of a processor over the whole Past, a minute at most, ready to be
// replayed with other settings. The last few intervals would be too little if a receiver
// is slow only now and then.
type scenario struct {
	settings  snapshot.Settings
	replay    *whatif.Replay
	now       *whatif.Forecast // with the present settings
	perSecond float64          // spans handed to the processor
	spanBytes uint64
}

// scenarioOf is ok only if a replay reproduces what was observed.
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

// fullestScenario is that of the processor with the fullest queue.
func fullestScenario(s facts) (scenario, bool) {
	p := s.fullest()
	if p == nil {
		return scenario{}, false
	}
	return s.scenarios[p.Address]()
}

// becomes is the advice to use the settings of a forecast.
func (c scenario) becomes(title string, f *whatif.Forecast) report.Advice {
	return report.Advice{
		Title:    title,
		Wanted:   whatif.Env(c.settings, f.Settings),
		Expected: map[string]float64{"spans.dropped_share": f.Expected.Drops, "export.batch.mean": f.Expected.MeanBatch},
	}
}

// tryLarger is advice for a processor that falls behind. If all exports had one size, it
// doubles the batch until exports would keep up, provided that larger ones take no longer:
// that is worth a try, without a promise. Otherwise, or if no batch within the queue is
// large enough, the exports are the bottleneck.
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

// forecastRoom finds the smallest queue and batch with which the fullest processor would
// have dropped nothing, with their expected effect. It is nil if that cannot be forecast.
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

// withHeadroom doubles a queue of which more than half was needed: the next exports may
// well include a slower one than any so far.
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

// forecastLarger finds a batch with which the processor would keep up.
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

// forecastSmaller finds a batch with which exports of the fullest processor would stay
// within the limit; nil if their size is not what makes them slow.
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

// spanBytes is the memory of a waiting span, with the text of its attributes if that was
// read.
func spanBytes(t snapshot.Texts) uint64 {
	if t.Read == 0 {
		return analyzer.WaitingSpanBytes
	}
	return analyzer.WaitingSpanBytes + t.Bytes/t.Read
}

// observedLoad is the spans handed to one processor and the durations of its exports. An
// export that has not returned has lasted at least since the last one did: with a receiver
// that stalls, this is the export that makes the queue overflow.
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

// processorIn finds a processor by its address; nil if there is none.
func processorIn(s snapshot.Snapshot, address uint64) *snapshot.Processor {
	for i := range s.Processors {
		if s.Processors[i].Address == address {
			return &s.Processors[i]
		}
	}
	return nil
}
