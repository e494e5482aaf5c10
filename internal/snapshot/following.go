package snapshot

import (
	"math"
	"time"
)

// Following is what happened to a random sample of spans that were followed from their
// start. Unlike the rest of a Snapshot it is not of the interval: since a span may take
// long to end, it covers the ten to twenty minutes before the interval's end. Merging two
// Snapshots keeps that of the later one.
type Following struct {
	Sites []FollowedSite // in order of appearance
	// Unfollowed is the number of sampled spans for which there was no room since otwatch
	// attached, for instance because one site has many open spans, or which nobody looked at for
	// some seconds before they were gone.
	Unfollowed uint64
	// ReusedAfter is the number of garbage collections after which the memory of a share
	// ReusedShare of ended spans is reused: a span that is still there is held.
	ReusedAfter uint64 `json:"Settled"` // as in recordings
	// Controls are the ended spans that this was learned from. Lingering are those of them
	// whose memory was not reused even so: as large a share of abandoned spans looks held.
	Controls, Lingering uint64
	// Kept and Gone are spans whose call of End was observed. When their memory was read
	// next, it held the end time (Kept) or another object (Gone). Ends that no probe observes
	// are missed as often.
	Kept, Gone uint64
}

// ReusedShare is the share of spans that nothing holds whose memory is reused after
// ReusedAfter garbage collections.
const ReusedShare = 0.99

// FollowedSite has the spans of one name that one line starts.
type FollowedSite struct {
	// Site is the innermost frame outside the OpenTelemetry SDK and API, Caller its caller.
	Site, Caller Frame
	// Own is the innermost frame of the program's own code, if Site is not.
	Own Frame
	// SpanName is the name that the spans are started with, truncated to 64 bytes. OtherNames
	// says that it is empty because these are the line's spans of all names for which there is no
	// room. In recordings of earlier versions it is empty and the spans are of all names.
	SpanName   string
	OtherNames bool
	// OpenNames are the names of spans that have been open for long, and are open or gone without
	// an end that was seen, the most frequent first; three at most.
	OpenNames []string
	Followed  uint64
	Weight    uint64 // spans that they stand for
	// What happened, by the age of the span at that time.
	Ended  Ages   // ended
	Read   uint64 // of Ended, those whose end was read from memory
	Reused Ages   // memory reused, and there was no time in which it could have ended
	Lost   Ages   // memory reused, but it may have ended shortly before
	Open   Ages   // not ended, by the age now
	Held   Ages   // of Open, those that survived ReusedAfter garbage collections
	// Running are spans that are not ended either, and not in Open, because the call that
	// started them, or its caller, is still under way, as in handlers of streams.
	Running Ages
	// Older are held spans that were started before the time covered.
	Older      uint64
	Oldest     time.Duration // age of the oldest that is open
	LongestEnd time.Duration // age of the oldest that was ended
	Latest     time.Duration // since the last start
	HeldBytes  uint64        // of the spans in Held and Older, with their attributes
}

// AgeBins is the number of bins in Ages: from a millisecond to half an hour in steps of √2.
const AgeBins = 42

// Ages counts spans by age.
type Ages [AgeBins]uint64

// AgeBin is the bin of an age. The last bin includes all higher ages.
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

// From is the number of spans counted in a bin and above.
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
