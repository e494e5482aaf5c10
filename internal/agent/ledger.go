package agent

import (
	"slices"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxSpans bounds the spans of one export: more is no length.
const maxSpans = 1 << 24

// maxComponents bounds the processors and exporters kept of one target. A
// program that makes them without end shows in overflow.
const maxComponents = 64

// ledger keeps the books of one target's processors and exporters over one
// interval after another. It does no input and output but through examiner,
// which reads what is fixed in a processor newly seen.
//
// The books rest on conservation: what a processor was handed since it was
// first seen is what its exports took away, plus what it dropped, plus what it
// holds more than then.
type ledger struct {
	examiner
	processors []*processorBook // in order of discovery
	simples    []*simpleBook    // the same
	exporters  []*exporterBook
	pipelines  []*snapshot.Pipeline
	collected  map[uint64]probes.Call // the last collection of each metric reader, by its address
	stranger   bool                   // an exporter was called by a processor not seen yet
	snapshots  map[spanSeen]uint64    // the provider of the first processor that was handed a span
	unmatched  uint64
	overflow   uint64
	full       bool     // there was no room for a processor or exporter, at some time
	doubts     []string // why a record could not be entered
}

// examiner reads what never changes in a processor.
type examiner interface {
	examine(memory.Image) memory.Processor
	examineSimple(address uint64) memory.Processor
}

// spanSeen identifies a span while it is handed from processor to processor.
type spanSeen struct{ goroutine, snapshot uint64 }

func newLedger(examiner examiner) *ledger {
	return &ledger{examiner: examiner, snapshots: map[spanSeen]uint64{}, collected: map[uint64]probes.Call{}}
}

// enter takes in what the probes recorded.
func (l *ledger) enter(records probes.Records) {
	for _, s := range records.Sightings {
		l.sight(s)
	}
	for _, call := range records.Calls {
		switch {
		case call.Of == probes.Export:
			l.settle(call)
		case call.StartedNS == 0: // it was under way when otwatch attached
			if call.Of != probes.Collect { // whose export is unmatched too
				l.unmatched++
			}
		case call.Of == probes.Collect:
			l.collect(call)
		case call.Of == probes.Metrics:
			l.passMetrics(call)
		case call.Of == probes.Logs:
			l.pass(snapshot.Logs, call, call.Length)
		default: // ForceFlush, Shutdown
			l.attend(call)
		}
	}
}

// sight enters a processor seen at work.
func (l *ledger) sight(s probes.Sighting) {
	switch {
	case s.Simple:
		if p := l.simple(s.Address); p != nil {
			l.share(s, &p.provider)
		}
	case s.Processor != nil: // else the program has counted the failed reading as lost
		if p := l.processor(*s.Processor, s.SeenNS); p != nil {
			p.glance(*s.Processor, s.SeenNS)
			l.share(s, &p.provider)
		}
	}
}

// share finds processors of one provider: they are handed the same span one
// after another.
func (l *ledger) share(s probes.Sighting, provider *uint64) {
	if s.Snapshot == 0 {
		return
	}
	span := spanSeen{s.Goroutine, s.Snapshot}
	if first, ok := l.snapshots[span]; ok {
		*provider = first
	} else {
		l.snapshots[span] = *provider
	}
}

// settle enters a finished export.
func (l *ledger) settle(op probes.Call) {
	switch {
	case op.StartedNS == 0:
		l.settleUnseen(op)
		return
	case op.Length > maxSpans: // a method that is only called as an exporter's
		l.unmatched++
		return
	}
	p, simple := l.exportedBy(op), l.simplyExportedBy(op)
	if e := l.exporter(op.Receiver, p, simple); e != nil {
		e.settle(op, failedOf(op), l.callerOf(op, p, simple), snapshot.MaxOperations/len(l.exporters))
		l.stranger = l.stranger || e.stranger()
	}
	if simple != nil {
		simple.exported += op.Length - failedOf(op)
		simple.failed += failedOf(op)
	}
	if p != nil && op.EndedNS >= p.sinceNS {
		p.settle(op, failedOf(op))
	}
}

// failedOf is how many spans of an export failed.
func failedOf(op probes.Call) uint64 {
	switch {
	case op.Partial:
		// The SDK bounds what the receiver claims in the same way.
		return uint64(min(max(int64(op.Rejected), 0), int64(op.Length)))
	case op.Failed:
		return op.Length
	}
	return 0
}

// settleUnseen enters the return of an export that was under way when otwatch
// attached. Its spans were the processor's batch then; what became of them is
// not known.
func (l *ledger) settleUnseen(op probes.Call) {
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
func (l *ledger) exportedBy(op probes.Call) *processorBook {
	if op.Processor == nil {
		return nil
	}
	p := l.processor(*op.Processor, op.StartedNS)
	if p == nil {
		return nil
	}
	if p.Exporter.Address == op.Receiver {
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
		l.full = true
		return nil
	}
	p := &processorBook{
		Processor: l.examine(image), index: len(l.processors), provider: image.Address,
		sinceNS: seenNS, held: reading.Batch, before: reading, after: reading, afterNS: seenNS, peak: reading.Queue,
	}
	l.processors = append(l.processors, p)
	return p
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
			Unseen: p.unseen, Exported: p.exported, Failed: p.failed, Flushes: p.flushes, Shutdowns: p.shutdowns,
		}
		p.looks, p.occupancy, p.flushes, p.shutdowns = 0, 0, snapshot.Calls{}, snapshot.Calls{}
		p.before, p.peak, p.unseen, p.exported, p.failed = p.after, p.after.Queue, 0, 0, 0
	}
	processors = append(processors, l.closeSimples()...)
	for _, flight := range busy {
		if e := l.exporter(flight.Exporter, l.bookAt(flight.Processor), l.simpleWith(flight.Exporter)); e != nil && flight.Spans <= maxSpans {
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
