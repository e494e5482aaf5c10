package probes

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/guard"
)

// linked is a group's probes in place. When their removal begins hits stop within
// milliseconds; the removal lasts some tens of them.
type linked struct {
	held    *guard.Held
	removal sync.Once
	removed chan struct{}
	cutNS   atomic.Uint64 // when lapse was called; 0: it was not
	err     error         // of the removal
}

func newLinked(held *guard.Held) *linked { return &linked{held: held, removed: make(chan struct{})} }

// remove begins the removal, once.
func (l *linked) remove() {
	l.removal.Do(func() {
		go func() {
			l.err = l.held.Close()
			close(l.removed)
		}()
	})
}

// gone waits until the probes are removed, and calls meanwhile from time to time: perf
// events are removed one by one, which may last.
func (l *linked) gone(meanwhile func()) error {
	for {
		select {
		case <-l.removed:
			return l.err
		case <-time.After(patience):
			meanwhile()
		}
	}
}

// lapse removes probes whose owner did not renew their allowance in time.
func (l *linked) lapse() {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // it cannot fail
	l.cutNS.CompareAndSwap(0, uint64(now.Nano()))
	l.remove()
}

// lapsedNS is when the lease ran out or lapse was called, CLOCK_MONOTONIC; 0: neither.
func (l *linked) lapsedNS() uint64 {
	if cut := l.cutNS.Load(); cut != 0 {
		return cut
	}
	return l.held.LapsedNS()
}
