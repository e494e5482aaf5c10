package agent

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// clearing is how long after an export's return its spans may still stand in
// the processor's batch: the SDK clears it right then, but first the probe has
// to be left and the thread may have to wait for a processor.
const clearing = 2 * time.Millisecond

// maxComponents bounds the processors and exporters kept of one target. A
// program that makes them without end shows in overflow.
const maxComponents = 64

// ledger keeps the books of one target's processors and exporters over one
// interval after another. It does no input and output but through examine,
// which reads what is fixed in a processor newly seen.
//
// The books rest on conservation: what a processor was handed since it was
// first seen is what its exports took away, plus what it dropped, plus what it
// holds more than then.
type ledger struct {
	examine    func(memory.Image) memory.Processor
	processors []*processorBook // in order of discovery
	exporters  []*exporterBook
	snapshots  map[spanSeen]uint64 // the provider of the first processor that was handed a span
	unmatched  uint64
	overflow   uint64
	doubts     []string // why a record could not be entered
}

// spanSeen identifies a span while it is handed from processor to processor.
type spanSeen struct{ goroutine, snapshot uint64 }

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
}

// exporterBook is one exporter's page. The counters are of the interval.
type exporterBook struct {
	snapshot.Exporter
}

func newLedger(examine func(memory.Image) memory.Processor) *ledger {
	return &ledger{examine: examine, snapshots: map[spanSeen]uint64{}}
}

// enter takes in what the probes recorded.
func (l *ledger) enter(records probes.Records) {
	for _, s := range records.Sightings {
		l.sight(s)
	}
	for _, op := range records.Operations {
		l.settle(op)
	}
}

// sight enters a processor seen at work.
func (l *ledger) sight(s probes.Sighting) {
	if s.Processor == nil {
		return // the program has counted the failed reading as lost
	}
	p := l.processor(*s.Processor, s.SeenNS)
	if p == nil {
		return
	}
	p.glance(*s.Processor, s.SeenNS)
	if s.Snapshot == 0 {
		return
	}
	// Processors of one provider are handed the same span one after another.
	span := spanSeen{s.Goroutine, s.Snapshot}
	if provider, ok := l.snapshots[span]; ok {
		p.provider = provider
	} else {
		l.snapshots[span] = p.provider
	}
}

// settle enters a finished export.
func (l *ledger) settle(op probes.Operation) {
	if op.StartedNS == 0 {
		l.settleUnseen(op)
		return
	}
	failed := uint64(0)
	switch {
	case op.Partial:
		// The SDK bounds what the receiver claims in the same way.
		failed = uint64(min(max(int64(op.Rejected), 0), int64(op.Spans)))
	case op.Failed:
		failed = op.Spans
	}
	p := l.exportedBy(op)
	if e := l.exporter(op.Exporter, p); e != nil {
		e.settle(op, failed)
	}
	if p == nil || op.EndedNS < p.sinceNS {
		return
	}
	p.operated, p.held = true, 0
	p.lastEnded, p.lastSpans = op.EndedNS, op.Spans
	p.exported += op.Spans - failed
	p.failed += failed
	if reading, err := op.Processor.Reading(); err == nil {
		p.note(reading.Queue)
		reading.Batch = 0 // the SDK clears it next
		p.update(reading, op.EndedNS)
	}
}

// settleUnseen enters the return of an export that was under way when otwatch
// attached. Its spans were the processor's batch then; what became of them is
// not known.
func (l *ledger) settleUnseen(op probes.Operation) {
	l.unmatched++
	for _, p := range l.processors {
		if p.held > 0 && op.EndedNS >= p.sinceNS {
			p.unseen += p.held
			p.lastEnded, p.lastSpans = op.EndedNS, p.held
			p.held = 0
			return
		}
	}
}

// exportedBy returns the processor that made an export, nil if none is known.
// The program's word is doubted where the addresses of the exporter differ,
// unless the processor's exporter is always wrapped in another.
func (l *ledger) exportedBy(op probes.Operation) *processorBook {
	if op.Processor == nil {
		return nil
	}
	p := l.processor(*op.Processor, op.StartedNS)
	if p == nil {
		return nil
	}
	if p.Exporter.Address == op.Exporter {
		p.wraps = false
		return p
	}
	if !p.operated {
		p.wraps = true
	}
	if p.wraps {
		return p
	}
	return nil
}

// processor finds the page of a processor, or opens one with what the image
// shows as its first reading; nil if it is not a processor.
func (l *ledger) processor(image memory.Image, seenNS uint64) *processorBook {
	for _, p := range l.processors {
		if p.Address == image.Address {
			return p
		}
	}
	reading, err := image.Reading()
	if err != nil {
		l.doubt(err.Error())
		return nil
	}
	if len(l.processors) == maxComponents {
		l.overflow++
		return nil
	}
	p := &processorBook{
		Processor: l.examine(image), index: len(l.processors), provider: image.Address,
		sinceNS: seenNS, held: reading.Batch, before: reading, after: reading, afterNS: seenNS, peak: reading.Queue,
	}
	l.processors = append(l.processors, p)
	return p
}

// exporter finds the page of an exporter, or opens one; nil if there are too
// many.
func (l *ledger) exporter(address uint64, by *processorBook) *exporterBook {
	for _, e := range l.exporters {
		if e.Address == address {
			return e
		}
	}
	if len(l.exporters) == maxComponents {
		l.overflow++
		return nil
	}
	component := "unknown"
	if by != nil {
		component = by.Exporter.Component
	}
	index := 0
	for _, e := range l.exporters {
		if e.Component == component {
			index++
		}
	}
	e := &exporterBook{snapshot.Exporter{Address: address, Component: component, Index: index}}
	l.exporters = append(l.exporters, e)
	return e
}

// settle enters a finished export.
func (e *exporterBook) settle(op probes.Operation, failed uint64) {
	duration := time.Duration(op.EndedNS - op.StartedNS)
	e.Operations++
	if op.Failed {
		e.Errors++
	}
	e.Exported += op.Spans - failed
	e.Failed += failed
	e.Spans += op.Spans
	e.MaxBatch = max(e.MaxBatch, op.Spans)
	e.await(op.Processor == nil, op.Spans, duration)
	e.Durations.Add(duration)
	e.Latest = append(e.Latest, snapshot.Operation{Duration: duration, Spans: op.Spans, Failed: failed})
}

// await enters whom an export kept waiting. A batch span processor's runs on a
// goroutine of its own; a simple one's, always of one span, on that of the
// span's End.
func (e *exporterBook) await(alone bool, spans uint64, duration time.Duration) {
	switch {
	case !alone:
	case spans == 1:
		e.Sync++
		e.Blocked += duration
	default:
		e.Foreign++
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

func (l *ledger) doubt(why string) {
	if !slices.Contains(l.doubts, why) && len(l.doubts) < 8 {
		l.doubts = append(l.doubts, why)
	}
}

// close ends the interval: it returns the books and opens new ones.
func (l *ledger) close(busy []probes.Flight) ([]snapshot.Processor, []snapshot.Exporter) {
	processors := make([]snapshot.Processor, len(l.processors))
	for i, p := range l.processors {
		processors[i] = snapshot.Processor{
			Address: p.Address, Index: p.index, Provider: p.provider, Exporter: p.Exporter.Address, Settings: p.Settings,
			Before: p.before, After: p.after, Peak: max(p.peak, p.after.Queue), Looks: p.looks, Held: p.occupancy,
			Unseen: p.unseen, Exported: p.exported, Failed: p.failed,
		}
		p.looks, p.occupancy = 0, 0
		p.before, p.peak, p.unseen, p.exported, p.failed = p.after, p.after.Queue, 0, 0, 0
	}
	for _, flight := range busy {
		if e := l.exporter(flight.Exporter, l.bookAt(flight.Processor)); e != nil {
			e.Inflight += flight.Spans
		}
	}
	exporters := make([]snapshot.Exporter, len(l.exporters))
	for i, e := range l.exporters {
		exporters[i] = e.Exporter
		e.Exporter = snapshot.Exporter{Address: e.Address, Component: e.Component, Index: e.Index}
	}
	clear(l.snapshots)
	return processors, exporters
}

// bookAt finds the page of the processor at an address, nil if there is none.
func (l *ledger) bookAt(address uint64) *processorBook {
	for _, p := range l.processors {
		if p.Address == address {
			return p
		}
	}
	return nil
}
