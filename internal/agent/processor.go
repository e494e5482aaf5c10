package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// clearing is how long after an export's return its spans may still stand in
// the processor's batch: the SDK clears it right then, but first the probe has
// to be left and the thread may have to wait for a processor.
const clearing = 2 * time.Millisecond

// processorBook is one processor's page. The counters are of the interval.
type processorBook struct {
	memory.Processor
	index     int
	provider  uint64
	sinceNS   uint64 // the moment of its first reading
	held      uint64 // its batch then, until an export of it is settled
	before    snapshot.Reading
	after     snapshot.Reading // the last one that agrees with the exports entered
	afterNS   uint64
	glimpse   snapshot.Reading // the last one of all
	glimpseNS uint64
	peak      uint64
	looks     uint64
	occupancy uint64 // spans held, added up over looks
	exported  uint64
	failed    uint64
	unseen    uint64
	wraps     bool   // its exporter is wrapped: operations show another address
	lastEnded uint64 // end of its last operation, and the spans of it
	lastSpans uint64
	operated  bool // an operation of it has been seen from its beginning
	flushes   snapshot.Calls
	shutdowns snapshot.Calls
}

// settle enters a finished export of the processor.
func (p *processorBook) settle(op probes.Call, failed uint64) {
	p.operated, p.held = true, 0
	p.lastEnded, p.lastSpans = op.EndedNS, op.Length
	p.exported += op.Length - failed
	p.failed += failed
	if reading, err := op.Processor.Reading(); err == nil {
		p.note(reading.Queue)
		reading.Batch = 0 // the SDK clears it next
		p.update(reading, op.EndedNS)
	}
}

// glance enters a processor's state at any moment.
func (p *processorBook) glance(image memory.Image, atNS uint64) {
	reading, err := image.Reading()
	if err != nil {
		return // torn or gone: the next one counts
	}
	p.note(reading.Queue)
	if atNS >= p.glimpseNS {
		p.glimpse, p.glimpseNS = reading, atNS
	}
}

// look enters a processor's state at a moment that has nothing to do with it, and
// that stands for so many.
func (p *processorBook) look(image memory.Image, atNS, weight uint64) {
	p.glance(image, atNS)
	if reading, err := image.Reading(); err == nil {
		p.looks += weight
		p.occupancy += weight * (reading.Queue + reading.Batch)
	}
}

// adopt takes the last glimpse for the final reading, unless an export says
// more. It is for a process that has ended, when all exports are entered.
func (p *processorBook) adopt() {
	if !p.ambiguous(p.glimpse.Batch, p.glimpseNS, p.glimpseNS) {
		p.update(p.glimpse, p.glimpseNS)
	}
}

// note keeps the longest queue.
func (p *processorBook) note(queue uint64) { p.peak = max(p.peak, queue) }

// update keeps the latest reading that agrees with the exports entered.
func (p *processorBook) update(reading snapshot.Reading, atNS uint64) {
	if atNS >= p.afterNS {
		p.after, p.afterNS = reading, atNS
	}
}

// ambiguous reports whether a batch read between two moments may be one whose
// export had returned already.
func (p *processorBook) ambiguous(batch, fromNS, toNS uint64) bool {
	return p.lastEnded != 0 && p.lastEnded+uint64(clearing) >= fromNS && p.lastEnded <= toNS && batch >= p.lastSpans
}
