package untrusted

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrUnresponsive says that a call was abandoned, since it did not return in time.
// Reading from a file system that a user serves (FUSE) may never return, and a
// process may have such a file in its memory, or be executed from one.
var ErrUnresponsive = errors.New("it does not answer")

const (
	// maxAbandoned bounds the abandoned calls of all owners that have not returned:
	// each holds a thread.
	maxAbandoned = 256
	// maxAbandonedOf bounds those of one owner, so that no user exhausts the others'.
	maxAbandonedOf = 32
)

// abandoned counts the abandoned calls that have not returned, by owner. Threads
// belong to the whole of otwatch, so this does.
var abandoned struct {
	sync.Mutex
	all int
	of  map[uint32]int
}

// Calls makes calls on behalf of one input, one process for example, and abandons
// what does not return within Limit. While an abandoned call has not returned, every
// further one fails at once. Safe for concurrent use.
type Calls struct {
	Limit time.Duration
	Owner uint32 // uid of the user who controls the input

	mu   sync.Mutex
	hung int // abandoned calls that have not returned
}

// Do runs f and returns its error, or an ErrUnresponsive. An abandoned f goes on
// running: it must write to nothing that the caller uses after an ErrUnresponsive.
func (c *Calls) Do(f func() error) error {
	if err := c.admit(); err != nil {
		return err
	}
	call := &call{done: make(chan error, 1)}
	go func() {
		err := f()
		if c.finish(call) {
			call.done <- err
		}
	}()
	timer := time.NewTimer(c.Limit)
	defer timer.Stop()
	select {
	case err := <-call.done:
		return err
	case <-timer.C:
	}
	if c.abandon(call) {
		return fmt.Errorf("%w: no answer within %v", ErrUnresponsive, c.Limit)
	}
	return <-call.done
}

// call is one f that runs.
type call struct {
	done                chan error
	abandoned, returned bool // under mu of its Calls
}

func (c *Calls) admit() error {
	c.mu.Lock()
	hung := c.hung
	c.mu.Unlock()
	if hung > 0 {
		return fmt.Errorf("%w: an earlier call has not returned", ErrUnresponsive)
	}
	abandoned.Lock()
	defer abandoned.Unlock()
	if of := abandoned.of[c.Owner]; of >= maxAbandonedOf || abandoned.all >= maxAbandoned {
		return fmt.Errorf("%w: %d calls for processes of uid %d, %d in all, have not returned", ErrUnresponsive, of, c.Owner, abandoned.all)
	}
	return nil
}

// abandon gives up on a call, and reports whether it had not returned.
func (c *Calls) abandon(call *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.returned {
		return false
	}
	call.abandoned = true
	c.hung++
	count(c.Owner, 1)
	return true
}

// finish takes note that a call has returned, and reports whether it is waited for.
func (c *Calls) finish(call *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.returned = true
	if call.abandoned {
		c.hung--
		count(c.Owner, -1)
	}
	return !call.abandoned
}

func count(owner uint32, by int) {
	abandoned.Lock()
	defer abandoned.Unlock()
	if abandoned.of == nil {
		abandoned.of = map[uint32]int{}
	}
	abandoned.all += by
	abandoned.of[owner] += by
	if abandoned.of[owner] == 0 {
		delete(abandoned.of, owner)
	}
}
