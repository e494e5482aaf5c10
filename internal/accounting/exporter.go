package accounting

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// exporter counts what one span exporter does. The counters are of the interval.
type exporter struct {
	snapshot.Exporter
	unknownCalls uint64 // calls since the attach by a processor that was not known
}

// exporter finds an exporter, or adds it; without room for it, it is one of the others. One
// of the processors that call it may be nil, or both.
func (c *Components) exporter(address uint64, batch *BatchProcessor, simple *simpleProcessor) *exporter {
	for _, e := range c.exporters {
		if e.Address == address {
			return e
		}
	}
	if len(c.exporters) == maxComponents {
		return c.others.exporters()
	}
	e := &exporter{Exporter: snapshot.Exporter{Address: address}}
	switch {
	case batch != nil:
		c.name(e, batch.Exporter)
	case simple != nil:
		c.name(e, simple.Exporter)
	default:
		c.name(e, memory.Exporter{Component: memory.UnknownComponent, Endpoint: memory.Endpoint{Unread: "the processor that calls it is not known"}})
	}
	c.exporters = append(c.exporters, e)
	return e
}

// name gives an exporter its component type, its number among those of the type, and what it
// sends to.
func (c *Components) name(e *exporter, read memory.Exporter) {
	e.Component, e.Index = read.Component, c.number(e.Address, read.Component)
	e.Target, e.Untold = read.Endpoint.Text, read.Endpoint.Unread
}

// numbered is an exporter that has a number.
type numbered struct {
	address   uint64
	component string
}

// number is an exporter's number among those of its type. Those of processors have theirs
// when the processor is found, which is in the order of the provider's list: it is mostly the
// order in which the SDK numbers them.
func (c *Components) number(address uint64, component string) int {
	n := 0
	for _, other := range c.numbered {
		switch {
		case other.component != component:
		case other.address == address:
			return n
		default:
			n++
		}
	}
	if len(c.numbered) < maxNumbered {
		c.numbered = append(c.numbered, numbered{address, component})
	}
	return n
}

// calledByUnknown reports whether to look for the processor that called the exporter. It
// does so at the first, second, fourth, … call by a processor that is not known, since
// the caller may not be the SDK's.
func (e *exporter) calledByUnknown() bool {
	if e.Component != memory.UnknownComponent {
		return false
	}
	e.unknownCalls++
	return e.unknownCalls&(e.unknownCalls-1) == 0
}

// caller is who called an exporter.
type caller uint8

const (
	byBatchProcessor  caller = iota // on a goroutine of its own
	bySimpleProcessor               // on the goroutine of the span's End, always with one span
	byOther                         // not one of the SDK's processors
	byExporter                      // one that a processor calls, whose own calls are counted
)

// callerOf finds out who made an export. An exporter of the program's own may pass spans
// on to another one later, from a goroutine of its own.
func (c *Components) callerOf(call probes.Call, batch *BatchProcessor, simple *simpleProcessor) caller {
	switch {
	case call.Processor != nil || batch != nil:
		return byBatchProcessor
	case simple != nil:
		return bySimpleProcessor
	case c.mayBePassedTo(call.Receiver):
		return byExporter
	case call.Length == 1:
		return bySimpleProcessor
	}
	return byOther
}

// mayBePassedTo reports whether an exporter may be called by another one: no batch
// processor has it, and some processor exports by an exporter of the program's own.
func (c *Components) mayBePassedTo(exporter uint64) bool {
	custom := false
	for _, p := range c.batches {
		if p.Exporter.Address == exporter {
			return false
		}
		custom = custom || p.exports && !p.wrapped && p.Exporter.Custom
	}
	for _, p := range c.simples {
		custom = custom || p.exported+p.failed > 0 && p.Exporter.Custom
	}
	return custom
}

// addExport counts a finished export so many times. why is what its error says; kept is how often
// it is entered among the exports that are kept one by one, and latest how many these are.
func (e *exporter) addExport(call probes.Call, why said, failed uint64, by caller, times, kept uint64, latest int) {
	duration := took(call)
	switch by {
	case byExporter:
		e.Foreign += times
		return
	case byOther:
		e.Foreign += times
	case bySimpleProcessor:
		e.Sync += times
		e.Blocked += time.Duration(times) * duration
	}
	e.Operations += times
	if call.Failed {
		e.Errors += times
		e.Failures.AddTimes(duration, times)
	}
	e.Reasons = addFailure(e.Reasons, call, why.alike, times)
	e.Kinds = addKind(e.Kinds, call, why, failed, times)
	e.Exported += times * (call.Length - failed)
	e.Failed += times * failed
	e.Spans += times * call.Length
	e.MaxBatch = max(e.MaxBatch, call.Length)
	e.Retries += times * call.Retries
	e.Backoff += time.Duration(times) * call.Backoff
	switch {
	case why.unencodable: // its size is kept all the same
		e.Sized += times
	case call.Encoded > 0:
		e.Sized += times
		e.Bytes += times * call.Encoded
	}
	if call.Sent > 0 {
		e.Weighed += times
		e.Sent += times * call.Sent
	}
	e.Durations.AddTimes(duration, times)
	for range min(kept, uint64(latest)) {
		e.Latest = append(e.Latest[max(0, len(e.Latest)-latest+1):], snapshot.Operation{Duration: duration, Spans: call.Length, Failed: failed})
	}
}

// takeExporters ends the interval for the exporters, with the exports under way at now.
func (c *Components) takeExporters(busy []probes.Flight, nowNS uint64) []snapshot.Exporter {
	for _, flight := range busy {
		if flight.Of != probes.Export {
			continue
		}
		if e := c.exporter(flight.Exporter, c.batchAt(flight.Processor), c.simpleWith(flight.Exporter)); flight.Records <= maxSpans {
			e.Inflight += flight.Records
			e.Waiting = max(e.Waiting, age(flight, nowNS))
		}
	}
	all := c.exporters
	if c.others.exporter != nil {
		all = append(slices.Clone(all), c.others.exporter)
	}
	exporters := make([]snapshot.Exporter, len(all))
	for i, e := range all {
		exporters[i] = e.Exporter
		e.Exporter = snapshot.Exporter{Address: e.Address, Component: e.Component, Index: e.Index, Target: e.Target, Untold: e.Untold}
	}
	return exporters
}

// age is how long an export has been under way; 0 if it began after now.
func age(flight probes.Flight, nowNS uint64) time.Duration {
	return max(0, time.Duration(int64(nowNS-flight.StartedNS)))
}
