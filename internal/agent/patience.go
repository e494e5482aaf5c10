package agent

import (
	"errors"
	"fmt"
	"time"
)

// Bounds of the wait for owners when everything ends: as long as one after another
// returns, and no longer than that in all. Removing probes waits for the kernel, which
// may serve one target after another.
const (
	ownerPatience = 2 * time.Minute
	fleetPatience = 3 * time.Minute
)

// errLeftBehind says that an owner did not return in time.
var errLeftBehind = errors.New("detaching did not finish in time; its last figures are lost, and the kernel removes its probes")

// patience is the wait for owners to return: for so long for the next one, and for all.
type patience struct {
	next, all time.Duration
	timer     *time.Timer // nil until it begins
	deadline  time.Time
}

func (p *patience) begin() {
	p.timer, p.deadline = time.NewTimer(p.next), time.Now().Add(p.all)
}

// renew takes note that an owner has returned.
func (p *patience) renew() {
	if p.timer != nil {
		p.timer.Reset(min(p.next, time.Until(p.deadline)))
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
		f.log.Warn("detaching took too long", "pid", pid, "err", errLeftBehind)
		errs = append(errs, f.ended(m, err).fatal)
	}
	return errors.Join(errs...)
}
