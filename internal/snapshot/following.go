package snapshot

import (
	"math"
	"time"
)

// Following is what has become of the spans that were followed from their start,
// drawn by lot. Unlike the rest of a Snapshot it is not of the interval: it
// covers the last ten to twenty minutes, as of the interval's end, since a span
// may take long to end; of two Snapshots the later one's holds for both.
type Following struct {
	Sites []FollowedSite // in order of appearance
	// Unfollowed is the number of spans drawn for which there was no room, since the
	// attach, as where one site has many open.
	Unfollowed uint64
	// Settled is how many collections it takes until the memory of nearly every
	// span that has ended, SettledShare, is used again: one that is there after so
	// many is held.
	Settled uint64
	// Controls are the ended spans that this was learnt from, and Lingering those
	// whose memory was not used again even so: as many of the spans that nobody
	// needs look held.
	Controls, Lingering uint64
	// Kept and Gone are the spans whose call of End was seen, by what the next
	// look at their memory found: the end time, or another object already. An end
	// that no probe sees is overlooked as often.
	Kept, Gone uint64
}

// SettledShare is the part of the spans nobody needs whose memory is used again
// after Settled collections.
const SettledShare = 0.99

// FollowedSite is the spans that one line starts.
type FollowedSite struct {
	// Site is the innermost frame outside the OpenTelemetry SDK and API, Caller
	// the one that it was called from.
	Site, Caller Frame
	Followed     uint64
	Weight       uint64 // spans that they stand for
	// Fates, by the age at which they were met.
	Ended  Ages   // they were ended
	Read   uint64 // of these, the ones whose end was learnt from memory
	Reused Ages   // never: their memory is used again, and there was no moment in which they could have been ended
	Lost   Ages   // their memory is used again, and they may have been ended shortly before
	Open   Ages   // not ended, by their age now
	Held   Ages   // of these, the ones that outlived Settled collections
	// Older are spans that are held and were started before what is covered.
	Older      uint64
	Oldest     time.Duration // age of the oldest that is open
	LongestEnd time.Duration // age of the oldest that was ended
	HeldBytes  uint64        // of the spans in Held and Older, with their attributes
}

// AgeBins is how many ages are told apart: half an hour, in steps of √2 from a
// millisecond.
const AgeBins = 42

// Ages counts spans by age.
type Ages [AgeBins]uint64

// AgeBin is the place of an age in Ages. The last one is of any higher age too.
func AgeBin(age time.Duration) int {
	if age < time.Millisecond {
		return 0
	}
	halves := 2 * math.Log2(age.Seconds()*1e3)
	return min(AgeBins-1, 1+int(halves))
}

// Add counts one span.
func (a *Ages) Add(age time.Duration) { a[AgeBin(age)]++ }

// Total is the number of spans counted.
func (a Ages) Total() uint64 { return a.From(0) }

// From is the number of spans counted in a place or above.
func (a Ages) From(bin int) uint64 {
	var n uint64
	for _, count := range a[bin:] {
		n += count
	}
	return n
}

// Plus adds up two counts.
func (a Ages) Plus(b Ages) Ages {
	for i, n := range b {
		a[i] += n
	}
	return a
}
