package untrusted

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrUnresponsive means that a call was abandoned because it did not return in time. A
// read from a file system that a user serves (FUSE) may never return, and a process may
// have mapped a file of one, or be executed from one.
var ErrUnresponsive = errors.New("not responding")

const (
	// maxAbandoned bounds the abandoned calls of all owners that have not returned. Each
	// occupies a thread.
	maxAbandoned = 256
	// maxAbandonedOf bounds those of one owner, so that one user leaves calls for
	// others.
	maxAbandonedOf = 32
)

// abandoned counts the abandoned calls that have not returned, by owner. It is global, as
// threads are.
var abandoned struct {
	sync.Mutex
	all int
	of  map[uint32]int
}

// Calls makes calls for one input, such as one process, and abandons those that do not
// return within Limit. Until an abandoned call returns, every other one fails at once.
// Safe for concurrent use.
type Calls struct {
	Limit time.Duration
	Owner uint32 // uid of the user who controls the input

	mu   sync.Mutex
	hung int // abandoned calls that have not returned
}

// Do calls f and returns its error, or ErrUnresponsive. An abandoned f continues to run:
// it must not write to anything that the caller uses after ErrUnresponsive.
func (c *Calls) Do(f func() error) error {
	_, err := Get(c, func() (struct{}, error) { return struct{}{}, f() }, nil)
	return err
}

// Get is Do for a call with a result. The result of an abandoned call is passed to
// discard, if that is not nil.
func Get[T any](c *Calls, get func() (T, error), discard func(T)) (T, error) {
	var none T
	if err := c.admit(); err != nil {
		return none, err
	}
	call := &call[T]{done: make(chan struct{})}
	go func() {
		value, err := get()
		if call.value, call.err = value, err; !c.finish(&call.state) && err == nil && discard != nil {
			discard(value)
		}
		close(call.done)
	}()
	timer := time.NewTimer(c.Limit)
	defer timer.Stop()
	select {
	case <-call.done:
		return call.value, call.err
	case <-timer.C:
	}
	if c.abandon(&call.state) {
		return none, fmt.Errorf("%w: no answer within %v", ErrUnresponsive, c.Limit)
	}
	<-call.done
	return call.value, call.err
}

// Open opens a file for reading.
func (c *Calls) Open(path string) (*os.File, error) {
	return Get(c, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { _ = f.Close() })
}

// call is one call under way. Its value and error are set when done is closed.
type call[T any] struct {
	state callState
	done  chan struct{}
	value T
	err   error
}

// callState is guarded by mu of the call's Calls.
type callState struct{ abandoned, returned bool }

func (c *Calls) admit() error {
	c.mu.Lock()
	hung := c.hung
	c.mu.Unlock()
	if hung > 0 {
		return fmt.Errorf("%w: an earlier call still hangs", ErrUnresponsive)
	}
	abandoned.Lock()
	defer abandoned.Unlock()
	if of := abandoned.of[c.Owner]; of >= maxAbandonedOf || abandoned.all >= maxAbandoned {
		return fmt.Errorf("%w: %d calls for processes of uid %d still hang, %d in all", ErrUnresponsive, of, c.Owner, abandoned.all)
	}
	return nil
}

// abandon gives up on a call, and reports whether it had not returned.
func (c *Calls) abandon(call *callState) bool {
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

// finish marks a call as returned, and reports whether its caller still waits.
func (c *Calls) finish(call *callState) bool {
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
