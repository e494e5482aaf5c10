package agent

import "time"

const (
	// pollInterval is how often a busy target's records are drained and its queues read:
	// often enough to see a queue fill up, at less than 0.1 ms each time.
	pollInterval = 100 * time.Millisecond
	// quietInterval is the same for a quiet target. Hundreds of quiet targets cost less
	// than a busy one.
	quietInterval = 2 * time.Second
	// busyPart is the part of a queue's capacity, one over it, that makes a target busy:
	// its queues hold more, or change by more between two looks. At that rate a queue is
	// full within two seconds.
	busyPart = 16
)

// pace decides how often to look at a target. All targets are looked at at the same moments:
// one drain of the ring buffer serves them all.
type pace struct {
	looked time.Time
	held   uint64 // spans in its queues when last looked
	busy   bool
}

func newPace() pace { return pace{looked: time.Now(), busy: true} }

// see takes in how many spans the queues held at a look, and how many they have room for.
func (p *pace) see(held, room uint64) {
	p.busy = held > room/busyPart || distance(held, p.held) > room/busyPart
	p.held = held
}

// next is how long to wait for the next look. quiet is the time between looks at a quiet
// target; hurry asks for the fastest pace.
func (p *pace) next(now time.Time, quiet time.Duration, hurry bool) time.Duration {
	every := quiet
	if p.busy || hurry {
		every = pollInterval
	}
	return every - time.Duration(now.UnixNano())%every
}

// weight is how many looks at the fastest pace would have fitted since the last look. With
// these weights averages over looks are averages over time.
func (p *pace) weight(now time.Time) uint64 {
	n := uint64(max(1, (now.Sub(p.looked)+pollInterval/2)/pollInterval))
	p.looked = now
	return n
}

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }
