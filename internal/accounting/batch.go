package accounting

import (
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// clearing is how long after an export's return its spans may still be in the
// processor's batch: the SDK clears the batch right then, but the thread has to return
// from the probe first and may have to wait for a CPU.
const clearing = 2 * time.Millisecond

// BatchProcessor counts what one batch span processor does. The counters are of the
// interval.
type BatchProcessor struct {
	memory.Processor
	identity   memory.Identity
	freed      bool   // its memory has become another processor's
	key        uint64 // its address, unless that was another processor's before
	index      int
	provider   uint64
	sinceNS    uint64 // when it was first read
	firstBatch uint64 // the batch that it had then, until the export of that has returned
	before     snapshot.Reading
	after      snapshot.Reading // the last reading that agrees with the exports counted
	afterNS    uint64
	latest     snapshot.Reading // the last reading of all
	latestNS   uint64
	peak       uint64 // the longest queue
	looks      uint64
	occupancy  uint64 // spans held, summed over looks
	exported   uint64
	failed     uint64
	unseen     uint64
	flushes    snapshot.Calls
	shutdowns  snapshot.Calls

	exports       bool   // an export of it has been seen from its beginning
	wrapped       bool   // its exports are seen at an exporter that its own one wraps
	exportEndedNS uint64 // when its last export returned
	exportSpans   uint64 // the length of that
}

// seeExport takes in what a finished export of the processor shows of it.
func (p *BatchProcessor) seeExport(call probes.Call) {
	p.exports, p.firstBatch = true, 0
	p.exportEndedNS, p.exportSpans = call.EndedNS, call.Length
	if reading, err := call.Processor.Reading(); err == nil {
		p.raisePeak(reading.Queue)
		reading.Batch = 0 // the SDK clears it next
		p.setAfter(reading, call.EndedNS)
	}
}

// observe takes in the processor's state at any moment.
func (p *BatchProcessor) observe(image memory.Image, atNS uint64) {
	reading, err := p.Reading(image)
	if err != nil {
		return // torn, or gone: the next one counts
	}
	p.raisePeak(reading.Queue)
	if atNS >= p.latestNS {
		p.latest, p.latestNS = reading, atNS
	}
}

// Reading is what the processor holds, by an Image of the memory at its address.
func (p *BatchProcessor) Reading(image memory.Image) (snapshot.Reading, error) {
	if image.Identity() != p.identity {
		return snapshot.Reading{}, fmt.Errorf("%w: at %#x is another one", memory.ErrNotProcessor, image.Address)
	}
	return image.Reading()
}

// Look takes in the processor's state at a moment that does not depend on what the
// processor does. It has the given weight in averages over time.
func (p *BatchProcessor) Look(image memory.Image, atNS, weight uint64) {
	p.observe(image, atNS)
	if reading, err := p.Reading(image); err == nil {
		p.looks += weight
		p.occupancy += weight * (reading.Queue + reading.Batch)
	}
}

// Confirm takes in the state at the end of an interval, read between two moments, after
// all exports that returned up to then. It is ignored if its batch may be counted
// already, as that of an export.
func (p *BatchProcessor) Confirm(reading snapshot.Reading, fromNS, toNS uint64) {
	if !p.ambiguous(reading.Batch, fromNS, toNS) {
		p.raisePeak(reading.Queue)
		p.setAfter(reading, toNS)
	}
}

// end takes the last state of all for the final one, unless the last export contradicts.
func (p *BatchProcessor) end() {
	if !p.ambiguous(p.latest.Batch, p.latestNS, p.latestNS) {
		p.setAfter(p.latest, p.latestNS)
	}
}

func (p *BatchProcessor) raisePeak(queue uint64) { p.peak = max(p.peak, queue) }

func (p *BatchProcessor) setAfter(reading snapshot.Reading, atNS uint64) {
	if atNS >= p.afterNS {
		p.after, p.afterNS = reading, atNS
	}
}

// free ends the processor: its memory is another's.
func (p *BatchProcessor) free() {
	p.freed = true
	p.end()
}

// unread is the time since the last reading.
func (p *BatchProcessor) unread(nowNS uint64) time.Duration {
	if p.afterNS == 0 || p.freed {
		return 0
	}
	return ago(nowNS, p.afterNS)
}

// ambiguous reports whether a batch that was read between two moments may be the one
// whose export had already returned.
func (p *BatchProcessor) ambiguous(batch, fromNS, toNS uint64) bool {
	return p.exportEndedNS != 0 && p.exportEndedNS+uint64(clearing) >= fromNS && p.exportEndedNS <= toNS && batch >= p.exportSpans
}

// take ends the interval at nowNS and begins the next.
func (p *BatchProcessor) take(nowNS uint64) snapshot.Processor {
	interval := snapshot.Processor{
		Address: p.key, Index: p.index, Provider: p.provider, Exporter: p.Exporter.Address, Settings: p.Settings,
		Before: p.before, After: p.after, Unread: p.unread(nowNS), Peak: max(p.peak, p.after.Queue), Looks: p.looks, Held: p.occupancy,
		Unseen: p.unseen, Exported: p.exported, Failed: p.failed, Flushes: p.flushes, Shutdowns: p.shutdowns,
	}
	p.looks, p.occupancy, p.flushes, p.shutdowns = 0, 0, snapshot.Calls{}, snapshot.Calls{}
	p.before, p.peak, p.unseen, p.exported, p.failed = p.after, p.after.Queue, 0, 0, 0
	return interval
}
