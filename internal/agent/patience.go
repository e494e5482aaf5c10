package agent

import (
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
)

// Bounds of the wait for owners when everything ends: as long as one after another
// returns, and no longer than that in all. Removing probes waits for the kernel, which
// may serve one target after another.
const (
	ownerPatience = 15 * time.Second
	fleetPatience = 30 * time.Second
)

// slowness is how many times longer than usual things may last on this machine, by what
// a hit costs there. An emulated one is ten times as slow, and more.
func slowness(hit probes.Cost) time.Duration {
	const usual, most = 40 * time.Microsecond, 20
	return min(max(hit.Stepped/usual, 1), most)
}

// errLeftBehind says that an owner did not return in time.
var errLeftBehind = errors.New("detaching did not finish in time; its last figures are lost, and the kernel removes its probes")

// patience is the wait for owners to return, once it has begun.
type patience struct {
	timer    *time.Timer // nil until it begins
	each     time.Duration
	deadline time.Time
}

func newPatience() *patience { return &patience{} }

// begin begins the wait, on a machine that is so many times slower than usual.
func (p *patience) begin(slow time.Duration) {
	p.each, p.deadline = slow*ownerPatience, time.Now().Add(slow*fleetPatience)
	p.timer = time.NewTimer(p.each)
}

// renew takes note that an owner has returned.
func (p *patience) renew() {
	if p.timer != nil {
		p.timer.Reset(min(p.each, time.Until(p.deadline)))
	}
}

// over yields when there has been enough of it.
func (p *patience) over() <-chan time.Time {
	if p.timer == nil {
		return nil
	}
	return p.timer.C
}

// leaveBehind gives up on the owners that have not returned. As with every fault of one
// target, it is everybody's unless there may be others to watch.
func (f *Fleet) leaveBehind() error {
	f.leftBehind = f.owners
	var errs []error
	for pid, m := range f.members {
		if m.state != owned {
			continue
		}
		err := fmt.Errorf("pid %d: %w", pid, errLeftBehind)
		f.log.Warn("given up at the end", "pid", pid, "err", errLeftBehind)
		errs = append(errs, f.ended(m, err).fatal)
	}
	return errors.Join(errs...)
}
