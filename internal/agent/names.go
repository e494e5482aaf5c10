package agent

import (
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxItabs bounds the types of spans that are known: a program has one or two.
const maxItabs = 256

// nameBook collects one target's span names, interval by interval.
type nameBook struct {
	isSnapshot func(itab uint64) bool
	known      map[uint64]bool // whether an itab seen is the SDK's snapshot
	names      snapshot.Names
}

func newNameBook(isSnapshot func(uint64) bool) *nameBook {
	return &nameBook{isSnapshot: isSnapshot, known: map[uint64]bool{}}
}

// enter takes in spans that were read. One of another type than the SDK's was
// read in vain.
func (b *nameBook) enter(spans []probes.Span) {
	for _, span := range spans {
		if !b.ours(span.Itab) {
			b.names.Unread++
			continue
		}
		b.add(span)
	}
}

// ours reports whether an itab is that of the SDK's snapshot.
func (b *nameBook) ours(itab uint64) bool {
	ours, seen := b.known[itab]
	if !seen {
		ours = b.isSnapshot(itab)
		if len(b.known) >= maxItabs {
			clear(b.known)
		}
		b.known[itab] = ours
	}
	return ours
}

func (b *nameBook) add(span probes.Span) {
	weight := uint64(span.StandsFor)
	name := snapshot.Name{Scope: span.Scope, Name: span.Name, Read: 1, Spans: weight, Attributes: weight * span.Attributes}
	if span.LocalRoot {
		name.LocalRoots = weight
	}
	b.names.Squares += weight * weight
	b.names.Add(name)
}

// close ends the interval. unread is the number of spans that the program could
// not read in it.
func (b *nameBook) close(unread uint64) snapshot.Names {
	names := b.names
	names.Unread += unread
	b.names = snapshot.Names{}
	return names
}
