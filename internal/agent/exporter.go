package agent

import (
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// exporterBook is one exporter's page. The counters are of the interval.
type exporterBook struct {
	snapshot.Exporter
	strange uint64 // calls since the attach by a processor not seen yet
}

// exporter finds the page of an exporter, or opens one; nil if there are too
// many. One of the processors may be nil, or both.
func (l *ledger) exporter(address uint64, batch *processorBook, simple *simpleBook) *exporterBook {
	for _, e := range l.exporters {
		if e.Address == address {
			return e
		}
	}
	if len(l.exporters) == maxComponents {
		l.overflow++
		l.full = true
		return nil
	}
	e := &exporterBook{Exporter: snapshot.Exporter{Address: address}}
	switch {
	case batch != nil:
		l.name(e, batch.Exporter.Component)
	case simple != nil:
		l.name(e, simple.Exporter.Component)
	default: // no processor known calls it
		l.name(e, memory.UnknownComponent)
	}
	l.exporters = append(l.exporters, e)
	return e
}

// stranger notes a call by a processor that has not been seen yet, and reports
// whether to look for it: more and more rarely, since it may not be the SDK's.
func (e *exporterBook) stranger() bool {
	if e.Component != memory.UnknownComponent {
		return false
	}
	e.strange++
	return e.strange&(e.strange-1) == 0 // a power of two
}

// name gives an exporter its type and number.
func (l *ledger) name(e *exporterBook, component string) {
	e.Component, e.Index = component, 0
	for _, other := range l.exporters {
		if other != e && other.Component == component {
			e.Index++
		}
	}
}

// caller is who called an exporter.
type caller uint8

const (
	aBatchProcessor  caller = iota // on a goroutine of its own
	aSimpleProcessor               // on that of the span's End, always with one span
	aStranger                      // not one of the SDK's processors
	anExporter                     // that a processor calls, which counts by itself
)

// callerOf tells who made an export. An exporter of a program's own may hand
// spans on to another one later, from a goroutine of its own.
func (l *ledger) callerOf(op probes.Call, batch *processorBook, simple *simpleBook) caller {
	switch {
	case op.Processor != nil || batch != nil:
		return aBatchProcessor
	case simple != nil:
		return aSimpleProcessor
	case l.handsOn(op.Receiver):
		return anExporter
	case op.Length == 1:
		return aSimpleProcessor
	}
	return aStranger
}

// handsOn reports whether a processor's exporter that the probes have seen at
// work may be what calls another one.
func (l *ledger) handsOn(exporter uint64) bool {
	own := false
	for _, p := range l.processors {
		if p.Exporter.Address == exporter {
			return false
		}
		own = own || p.operated && !p.wraps && p.Exporter.Custom
	}
	for _, p := range l.simples {
		own = own || p.exported+p.failed > 0 && p.Exporter.Custom
	}
	return own
}

// settle enters a finished export. latest is how many are kept one by one.
func (e *exporterBook) settle(op probes.Call, failed uint64, by caller, latest int) {
	duration := time.Duration(op.EndedNS - op.StartedNS)
	switch by {
	case anExporter:
		e.Foreign++
		return
	case aStranger:
		e.Foreign++
	case aSimpleProcessor:
		e.Sync++
		e.Blocked += duration
	}
	e.Operations++
	if op.Failed {
		e.Errors++
	}
	e.Exported += op.Length - failed
	e.Failed += failed
	e.Spans += op.Length
	e.MaxBatch = max(e.MaxBatch, op.Length)
	e.Retries += op.Retries
	e.Backoff += op.Backoff
	if op.Encoded > 0 {
		e.Sized++
		e.Bytes += op.Encoded
	}
	if op.Sent > 0 {
		e.Weighed++
		e.Sent += op.Sent
	}
	e.Durations.Add(duration)
	e.Latest = append(e.Latest[max(0, len(e.Latest)-latest+1):], snapshot.Operation{Duration: duration, Spans: op.Length, Failed: failed})
}
