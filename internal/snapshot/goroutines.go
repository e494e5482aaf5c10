package snapshot

import "time"

// MaxGoroutineReadings bounds Goroutines.Readings.
const MaxGoroutineReadings = 16

// Goroutines are readings of the runtime's list of goroutines since otwatch attached: the
// first, the last, and some between. Unlike the rest of a Snapshot they are not of the
// interval. Merging two Snapshots keeps those of the later one.
type Goroutines struct {
	Readings []GoroutineReading // in the order of time, MaxGoroutineReadings at most
}

// GoroutineReading is one reading of the list. If the list is long, a random sample of it is
// read.
type GoroutineReading struct {
	At      time.Time
	Listed  uint64       // goroutines in the list, with those that have ended
	Looked  uint64       // of these, those that were read
	Unknown uint64       // of Looked, those that may run a component of any kind
	Living  []LivingKind // in the order of the kinds
}

// LivingKind is how many goroutines of Looked there are each of which runs one component, or
// one connection, of a kind.
type LivingKind struct {
	Kind  string // as in BuildSite, or "gRPC client connection" and so on
	Count uint64
}

// Of is how many of a kind there are among those that were read.
func (r GoroutineReading) Of(kind string) uint64 {
	for _, l := range r.Living {
		if l.Kind == kind {
			return l.Count
		}
	}
	return 0
}
