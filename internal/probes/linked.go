package probes

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/guard"
)

// linked is a group's probes in place. Their hits stop within milliseconds of when
// their removal begins, which takes some tens of them to end.
type linked struct {
	held    *guard.Held
	removal sync.Once
	removed chan struct{}
	cutNS   atomic.Uint64 // when it was given up here; 0: it was not
	err     error         // once they are removed
}

func newLinked(held *guard.Held) *linked { return &linked{held: held, removed: make(chan struct{})} }

// remove begins the removal, unless it has begun.
func (l *linked) remove() {
	l.removal.Do(func() {
		go func() {
			l.err = l.held.Close()
			close(l.removed)
		}()
	})
}

// gone waits for the removal, and calls meanwhile now and then, since it may last: where
// probes are perf events, each waits for the kernel.
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

// lapse removes probes that nobody looks after.
func (l *linked) lapse() {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // it cannot fail
	l.cutNS.CompareAndSwap(0, uint64(now.Nano()))
	l.remove()
}

// lapsedNS is since when nobody has looked after them, CLOCK_MONOTONIC; 0: they are
// looked after.
func (l *linked) lapsedNS() uint64 {
	if cut := l.cutNS.Load(); cut != 0 {
		return cut
	}
	return l.held.LapsedNS()
}
