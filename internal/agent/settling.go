package agent

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minSettled and maxSettled bound after how many collections a span is taken
	// for held; unsettled is that number until minControls spans have told.
	minSettled  = 2
	unsettled   = 5
	maxSettled  = 16
	minControls = 30
)

// settling finds out how many collections it takes until the memory of a span
// that nobody needs is used again. A program that starts few spans takes its
// time: until then one that was abandoned looks like one that is held. The spans
// that have ended are garbage for certain, so they are the controls.
type settling struct {
	waiting map[uint64]control     // by address
	after   [maxSettled + 2]uint64 // the last place: longer than was waited
	total   uint64
	// What the first look found after an end that was seen by probe: whether one
	// that was not would have been learnt from memory.
	kept, gone uint64
	blank      uint64 // of those kept, the ones without an end time
}

// control is a span that has ended.
type control struct {
	id          uint64
	collections uint64 // seen when it did
	looked      uint64 // seen at the last look
	probed      bool   // the call of End was seen, and no look has come since
}

// wait takes a span that has ended for a control, unless there are enough.
func (s *settling) wait(span, id, collections uint64, probed bool) {
	if s.waiting == nil {
		s.waiting = map[uint64]control{}
	}
	if len(s.waiting) < maxControl {
		s.waiting[span] = control{id: id, collections: collections, looked: collections, probed: probed}
	}
}

// addresses adds those of the controls that a look may tell something of: garbage
// stays as it is until a collection has found it.
func (s *settling) addresses(to []uint64, collections uint64) []uint64 {
	for address, c := range s.waiting {
		if c.probed || c.looked < collections {
			to = append(to, address)
		}
	}
	return to
}

// look enters what stands at an address, after so many collections.
func (s *settling) look(span uint64, found memory.StartedSpan, collections uint64) {
	c, ok := s.waiting[span]
	if !ok {
		return
	}
	if c.probed {
		s.note(found.ID == c.id, found.Ended)
	}
	c.probed, c.looked = false, collections
	s.waiting[span] = c
	switch after := collections - c.collections; {
	case found.ID != c.id:
		s.after[min(after, maxSettled)]++
	case after >= maxSettled:
		s.after[maxSettled+1]++
	default:
		return
	}
	s.total++
	delete(s.waiting, span)
}

// note enters the first look after an end.
func (s *settling) note(kept, ended bool) {
	switch {
	case !kept:
		s.gone++
	case !ended:
		s.blank++
		fallthrough
	default:
		s.kept++
	}
}

// credible is false where spans whose call of End was seen show no end time: it
// lies elsewhere then.
func (s *settling) credible() bool { return s.kept < minControls || 2*s.blank < s.kept }

// collections is how many it takes.
func (s *settling) collections() uint64 {
	if s.total < minControls {
		return unsettled
	}
	var used uint64
	for after, n := range s.after[:maxSettled] {
		used += n
		if after >= minSettled && float64(used) >= snapshot.SettledShare*float64(s.total) {
			return uint64(after)
		}
	}
	return maxSettled
}

// lingering is how many of the controls were not used again after so many
// collections.
func (s *settling) lingering(collections uint64) (n uint64) {
	for _, later := range s.after[collections+1:] {
		n += later
	}
	return n
}
