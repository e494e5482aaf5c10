package agent

import (
	"errors"
	"fmt"
	"time"
)

// How long to wait at the end for the next owner to return, and for all of them. Removing
// probes waits for the kernel, which may serve one target after another.
const (
	ownerPatience = 2 * time.Minute
	fleetPatience = 3 * time.Minute
)

// errLeftBehind means that an owner did not return in time.
var errLeftBehind = errors.New("detaching did not finish in time; its last figures are lost, and the kernel removes its probes")

// patience limits the wait for owners to return: for the next one, and for all.
type patience struct {
	next, all time.Duration
	timer     *time.Timer // nil until it begins
	deadline  time.Time
}

func (p *patience) begin() {
	p.timer, p.deadline = time.NewTimer(p.next), time.Now().Add(p.all)
}

// renew begins the wait for the next owner.
func (p *patience) renew() {
	if p.timer != nil {
		p.timer.Reset(min(p.next, time.Until(p.deadline)))
	}
}

// over yields when the wait is over.
func (p *patience) over() <-chan time.Time {
	if p.timer == nil {
		return nil
	}
	return p.timer.C
}

// leaveBehind gives up on the owners that have not returned.
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
