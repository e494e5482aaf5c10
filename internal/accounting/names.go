package accounting

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxItabs bounds the itabs of spans that are remembered: a program has one or two.
const maxItabs = 256

// Names counts the spans of one target by their names.
type Names struct {
	isSnapshot func(itab uint64) bool
	known      map[uint64]bool // by itab: whether it is that of the SDK's snapshot
	names      snapshot.Names
	traces     traces
}

// NewNames returns Names that asks isSnapshot once for each itab.
func NewNames(isSnapshot func(itab uint64) bool) *Names {
	return &Names{isSnapshot: isSnapshot, known: map[uint64]bool{}}
}

// maxOnSpan bounds the plausible events or links of one span.
const maxOnSpan = 1 << 20

// Record counts spans that were read by a moment. What was read of a span that is not of the
// SDK's type is worthless.
func (n *Names) Record(spans []probes.Span, nowNS uint64) {
	n.traces.nowNS = nowNS
	for _, span := range spans {
		if !n.IsSnapshot(span.Itab) {
			n.names.Unread++
			continue
		}
		n.add(span)
	}
}

// IsSnapshot reports whether an itab is that of the SDK's snapshot, the type of spans
// that have ended.
func (n *Names) IsSnapshot(itab uint64) bool {
	is, known := n.known[itab]
	if !known {
		is = n.isSnapshot(itab)
		if len(n.known) >= maxItabs {
			clear(n.known)
		}
		n.known[itab] = is
	}
	return is
}

func (n *Names) add(span probes.Span) {
	weight := uint64(span.StandsFor)
	many := func(each uint64) uint64 { return weight * min(each, maxOnSpan) }
	name := snapshot.Name{
		Scope: span.Scope, Name: span.Name, Read: 1, Spans: weight, Attributes: weight * span.Attributes,
		Events: many(span.Events), Links: many(span.Links),
	}
	if span.LocalRoot {
		name.LocalRoots = weight
		if span.Duration > 0 {
			name.RootsTimed, name.RootTime = 1, span.Duration
		}
	}
	if span.Remote {
		name.Remote = weight
		if !span.Sampled {
			name.Unsampled = weight
		}
	}
	switch trace.SpanKind(span.Kind) {
	case trace.SpanKindServer, trace.SpanKindConsumer:
		name.Serving = weight
	case trace.SpanKindClient, trace.SpanKindProducer:
		name.Calling = weight
		if span.LocalRoot && !span.Remote {
			name.Orphans = weight
		}
	}
	n.names.Squares += weight * weight
	n.names.Add(name)
	if request := n.traces.add(span); request > 0 {
		n.names.Requests++
		n.names.RequestSpans += request
		if request >= snapshot.LargeRequest {
			n.names.LargeRequests++
		}
	}
}

// Take ends the interval and begins the next. unread is the number of spans that the BPF
// program could not read, ends and roots are those that it counted.
func (n *Names) Take(unread, ends, roots uint64) snapshot.Names {
	names := n.names
	names.Unread += unread
	names.Ends, names.Roots = ends, roots
	n.names = snapshot.Names{}
	return names
}

// LongTrace is the trace that has lasted for longest.
func (n *Names) LongTrace() snapshot.LongTrace { return n.traces.longest() }
