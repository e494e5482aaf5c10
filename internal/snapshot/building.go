package snapshot

import "time"

// Building is which components of the SDK the target built and shut down, as far as that was
// observed since otwatch attached. Unlike the rest of a Snapshot it is not of the interval.
// Merging two Snapshots keeps that of the later one.
type Building struct {
	Sites []BuildSite // in order of appearance
	// Observed is how long constructors and shutdowns were observed. Whole says that this is
	// all the time since the attach: then every shutdown was seen.
	Observed time.Duration
	Whole    bool
	// Unplaced is the number of components for which there was no room, of known sites or not.
	Unplaced uint64
}

// Kinds of what is built, beside the SDK's components.
const (
	// Tracer is one that a TracerProvider did not have yet.
	Tracer = "tracer"
	// Instrument is one of metrics that the API makes, SDKInstrument one that the SDK makes.
	Instrument    = "instrument"
	SDKInstrument = "SDK instrument"
)

// BuildSite has the components of one kind that one line builds.
type BuildSite struct {
	Kind string // Tracer and so on, or as in TracerProvider
	// Site is the innermost frame outside the OpenTelemetry SDK and API, Caller its caller.
	Site, Caller Frame
	// Own is the innermost frame of the program's own code, if Site is not.
	Own   Frame
	Built uint64
	// Untracked are those beside Built that there was no room to tell apart: whether they were
	// shut down is not known. They are in Unplaced too.
	Untracked uint64
	Stopped   uint64 // of Built, those that were shut down
	Gone      uint64 // of Built, those that were not shut down, and whose memory holds another one
	// First and Last are how long before the interval's end the first and the last one was
	// built.
	First, Last time.Duration
	// Growing and Still are the same, to a whole interval, in time in which the building of
	// components was observed. Later is the number of All that were built in the later half of
	// Growing.
	Growing, Still time.Duration
	Later          uint64
}

// All is how many were built, tracked or not.
func (b BuildSite) All() uint64 { return b.Built + b.Untracked }

// Living is how many were built and not shut down, as far as that was seen.
func (b BuildSite) Living() uint64 { return b.Built - min(b.Built, b.Stopped+b.Gone) }

// Exact reports whether nothing was missed.
func (b Building) Exact() bool { return b.Whole && b.Unplaced == 0 }
