package agent

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxKeys bounds the attributes whose values are told apart, valuesOfKey how
	// many of each, which then are counted anew.
	maxKeys     = 64
	valuesOfKey = 256
	// lookedAt is about how many spans are remembered, not to be counted twice
	// while they wait.
	lookedAt = 256
)

// valueBook counts how many different values the attributes of one target's spans
// have. It keeps hashes only.
type valueBook struct {
	keys []*keyPage // in order of appearance
	at   map[string]*keyPage
	full bool             // there was no room for a key, at some time
	last [lookedAt]uint64 // spans, by their address
}

type keyPage struct {
	key  string
	seen map[uint64]uint64 // hash → spans
	read uint64
	full snapshot.Values // of the valuesOfKey before
}

func newValueBook() *valueBook { return &valueBook{at: map[string]*keyPage{}} }

// enter takes in the attributes of a span, once.
func (b *valueBook) enter(text memory.Text) {
	last := &b.last[text.Span/64%lookedAt]
	if *last == text.Span {
		return
	}
	*last = text.Span
	for _, v := range text.Values {
		if page := b.page(v.Key); page != nil {
			page.add(v.Hash)
		}
	}
}

// page finds a key's page, or opens one; nil if there are too many.
func (b *valueBook) page(key string) *keyPage {
	page := b.at[key]
	switch {
	case page != nil:
	case len(b.keys) == maxKeys:
		b.full = true
	default:
		page = &keyPage{key: key, seen: map[uint64]uint64{}}
		b.keys, b.at[key] = append(b.keys, page), page
	}
	return page
}

func (p *keyPage) add(hash uint64) {
	p.seen[hash]++
	if p.read++; p.read == valuesOfKey {
		p.full = p.sum()
		p.read = 0
		clear(p.seen)
	}
}

func (p *keyPage) sum() snapshot.Values {
	sum := snapshot.Values{Key: p.key, Read: p.read, Distinct: uint64(len(p.seen))}
	for _, spans := range p.seen {
		switch spans {
		case 1:
			sum.Once++
		case 2:
			sum.Twice++
		}
	}
	return sum
}

// close hands out what is known as of now.
func (b *valueBook) close() []snapshot.Values {
	all := make([]snapshot.Values, len(b.keys))
	for i, page := range b.keys {
		if all[i] = page.full; page.full.Read == 0 {
			all[i] = page.sum()
		}
	}
	return all
}
