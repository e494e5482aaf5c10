package analyzer

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/whatif"
)

const (
	// maxQueueBytes bounds the queues that are advised.
	maxQueueBytes = 256 << 20
	// maxBusy is from which share of the time spent exporting on a queue only
	// puts the drops off, beyond the little time that was seen.
	maxBusy = 0.95
)

// forecastRoom finds the least queue and batch with which the fullest processor
// would have dropped nothing of what it was handed in the recent past, a minute
// of it at the most, and says what is to be expected of it. Where that cannot be
// forecast, it is nil. Of a receiver that falters now and then, the last
// intervals alone would tell too little.
func forecastRoom(s seen) []Advice {
	p := s.fullest()
	if p == nil {
		return nil
	}
	past := snapshot.MergeAll(s.past)
	seen := processorIn(past, p.Address)
	handed := handedTo(*seen)
	if handed <= 0 {
		return nil
	}
	drops := float64(seen.Dropped()) / float64(handed)
	load, err := whatif.Calibrate(observedLoad(s.past, *seen), seen.Settings, drops, seen.Peak)
	if err != nil {
		return nil
	}
	now, err := whatif.Simulate(load, seen.Settings)
	if err != nil || now.Confirm(drops) != nil {
		return nil
	}
	bytes := spanBytes(past.Texts)
	best, err := whatif.Search(load, seen.Settings, bytes, maxQueueBytes)
	if errors.Is(err, whatif.ErrExportsAreTheLimit) || err == nil && best.Expected.Busy > maxBusy {
		return []Advice{code(fmt.Sprintf(
			"speed up or thin out the exports: they cannot keep up with the %.0f spans a second that end, whatever the queue", float64(handed)/past.Elapsed.Seconds()))}
	}
	if err != nil {
		return nil
	}
	effect := whatif.Effect{Before: now, After: best, BytesPerSpan: bytes}
	return []Advice{{
		Title:    "resize the processor: " + effect.String(),
		Env:      whatif.Env(seen.Settings, best.Settings),
		Expected: map[string]float64{"spans.dropped_share": best.Expected.Drops, "export.batch.mean": best.Expected.MeanBatch},
	}}
}

// spanBytes is what a span holds that waits, its attributes' text included where
// that was looked at.
func spanBytes(t snapshot.Texts) uint64 {
	if t.Read == 0 {
		return waitingSpanBytes
	}
	return waitingSpanBytes + t.Bytes/t.Read
}

// observedLoad is what one processor was handed and how long its exports took.
func observedLoad(parts []snapshot.Snapshot, p snapshot.Processor) whatif.Load {
	load := whatif.Load{Backlog: int(held(p.Before))}
	for _, part := range parts {
		interval := whatif.Interval{Length: part.Elapsed}
		if in := processorIn(part, p.Address); in != nil {
			interval.Spans = uint64(max(0, handedTo(*in)))
		}
		load.Intervals = append(load.Intervals, interval)
		for _, e := range part.Exports {
			if e.Address != p.Exporter {
				continue
			}
			for _, op := range e.Latest {
				load.Exports = append(load.Exports, whatif.Export{Spans: int(op.Spans), Duration: op.Duration})
			}
		}
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
