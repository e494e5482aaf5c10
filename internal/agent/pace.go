package agent

import "time"

const (
	// pollInterval is how often a busy target's records are drained and its
	// queues read: often enough to see a queue fill up, at less than 0.1 ms a
	// time.
	pollInterval = 100 * time.Millisecond
	// quietInterval is how often a quiet target's are. Hundreds of those cost
	// less than one that is busy.
	quietInterval = 2 * time.Second
	// stir is the part of a queue, one over it, whose filling makes a target
	// busy: it would take a second to fill the rest at that rate.
	stir = 16
)

// pace decides how often to look at a target. All targets are looked at at the same
// moments, so that one drain of the ring buffer serves them all.
type pace struct {
	looked time.Time
	held   uint64 // spans in its queues when last looked
	busy   bool
}

func newPace() pace { return pace{looked: time.Now(), busy: true} }

// see takes in how many spans one look found in the queues, which have room for so
// many.
func (p *pace) see(held, room uint64) {
	p.busy = held > room/stir || distance(held, p.held) > room/stir
	p.held = held
}

// next is how long to wait for the next look; quiet is the time between looks at a
// quiet target. hurry is set while something is under way that cannot wait.
func (p *pace) next(now time.Time, quiet time.Duration, hurry bool) time.Duration {
	every := quiet
	if p.busy || hurry {
		every = pollInterval
	}
	return every - time.Duration(now.UnixNano())%every
}

// weight is for how many looks at the fastest pace the one at this moment stands, so
// that averages over looks are averages over time.
func (p *pace) weight(now time.Time) uint64 {
	n := uint64(max(1, (now.Sub(p.looked)+pollInterval/2)/pollInterval))
	p.looked = now
	return n
}

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }
