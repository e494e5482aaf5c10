package accounting

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minCollections and maxCollections bound after how many garbage collections an open
	// span counts as held. Until minControls controls have been reused the number is
	// defaultCollections.
	minCollections     = 2
	defaultCollections = 5
	maxCollections     = 16
	minControls        = 30
	maxControls        = 256
)

// memoryReuse measures after how many garbage collections the memory of a span that
// nobody needs is used again. In a program that starts few spans that is late, and until
// then an abandoned span looks like one that is held. Spans that have ended are garbage
// for certain, so they are the controls.
type memoryReuse struct {
	controls map[uint64]control         // by address
	after    [maxCollections + 2]uint64 // controls by the collections until reuse; the last: not reused for longer than is waited
	total    uint64
	// The first look after an End that a probe saw: was the span still in memory, so that
	// its end could have been read there if no probe had seen it?
	kept, gone uint64
	blank      uint64 // of those kept, the ones without an end time
}

// control is a span that has ended.
type control struct {
	id          uint64
	collections uint64 // seen when it ended
	looked      uint64 // seen at the last look
	probed      bool   // its call of End was seen, and it has not been looked at since
}

// add makes a span that has ended a control, unless there are enough.
func (r *memoryReuse) add(span, id, collections uint64, probed bool) {
	if r.controls == nil {
		r.controls = map[uint64]control{}
	}
	if len(r.controls) < maxControls {
		r.controls[span] = control{id: id, collections: collections, looked: collections, probed: probed}
	}
}

// addresses adds the controls that may have changed: garbage stays as it is until a
// collection has found it.
func (r *memoryReuse) addresses(to []uint64, collections uint64) []uint64 {
	for address, c := range r.controls {
		if c.probed || c.looked < collections {
			to = append(to, address)
		}
	}
	return to
}

// look takes in what is in memory at an address, after so many collections.
func (r *memoryReuse) look(span uint64, found memory.StartedSpan, collections uint64) {
	c, ok := r.controls[span]
	if !ok {
		return
	}
	if c.probed {
		r.addFirstLook(found.ID == c.id, found.Ended)
	}
	c.probed, c.looked = false, collections
	r.controls[span] = c
	switch after := collections - c.collections; {
	case found.ID != c.id:
		r.after[min(after, maxCollections)]++
	case after >= maxCollections:
		r.after[maxCollections+1]++
	default:
		return
	}
	r.total++
	delete(r.controls, span)
}

// addFirstLook counts the first look after an End.
func (r *memoryReuse) addFirstLook(kept, ended bool) {
	if !kept {
		r.gone++
		return
	}
	r.kept++
	if !ended {
		r.blank++
	}
}

// credible is false if spans whose call of End was seen show no end time: the end time
// is not where it is read.
func (r *memoryReuse) credible() bool { return r.kept < minControls || 2*r.blank < r.kept }

// collections is after how many collections the memory of nearly all controls was
// reused.
func (r *memoryReuse) collections() uint64 {
	if r.total < minControls {
		return defaultCollections
	}
	var reused uint64
	for after, n := range r.after[:maxCollections] {
		reused += n
		if after >= minCollections && float64(reused) >= snapshot.ReusedShare*float64(r.total) {
			return uint64(after)
		}
	}
	return maxCollections
}

// lingering is how many of the controls were not reused after so many collections.
func (r *memoryReuse) lingering(collections uint64) (n uint64) {
	for _, later := range r.after[collections+1:] {
		n += later
	}
	return n
}
