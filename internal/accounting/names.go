package accounting

import (
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
}

// NewNames returns Names that asks isSnapshot once for each itab.
func NewNames(isSnapshot func(itab uint64) bool) *Names {
	return &Names{isSnapshot: isSnapshot, known: map[uint64]bool{}}
}

// Record counts spans that were read. What was read of a span that is not of the SDK's
// type is worthless.
func (n *Names) Record(spans []probes.Span) {
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
	name := snapshot.Name{Scope: span.Scope, Name: span.Name, Read: 1, Spans: weight, Attributes: weight * span.Attributes}
	if span.LocalRoot {
		name.LocalRoots = weight
	}
	n.names.Squares += weight * weight
	n.names.Add(name)
}

// Take ends the interval and begins the next. unread is the number of spans that the BPF
// program could not read.
func (n *Names) Take(unread uint64) snapshot.Names {
	names := n.names
	names.Unread += unread
	n.names = snapshot.Names{}
	return names
}
