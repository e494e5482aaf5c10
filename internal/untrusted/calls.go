package untrusted

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrUnresponsive says that a call was abandoned, since it did not return in time.
// Reading from a file system that a user serves (FUSE) may never return, and a
// process may have such a file in its memory, or be executed from one.
var ErrUnresponsive = errors.New("not responding")

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
	_, err := Get(c, func() (struct{}, error) { return struct{}{}, f() }, nil)
	return err
}

// Get is Do for a call that returns something. What an abandoned call returns in
// the end is discarded, with discard if that is not nil.
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

// call is one call that runs. Its value and error are set when done is closed.
type call[T any] struct {
	state callState
	done  chan struct{}
	value T
	err   error
}

// callState is under mu of the call's Calls.
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

// finish takes note that a call has returned, and reports whether it is waited for.
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
