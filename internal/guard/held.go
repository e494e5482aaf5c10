package guard

import (
	"errors"
	"time"
)

// ErrFull means that the guard cannot hold more.
var ErrFull = errors.New("the guard cannot hold more descriptors")

// Held is what is held under one lease. Close it when it is no longer needed.
type Held struct {
	guard     *Guard
	number    uint32
	releasing bool  // guard.mu guards this and the next fields
	cut       bool  // LapseAll has ended the lease
	over      bool  // gone is closed
	lapsed    int64 // once it is over
	gone      chan struct{}
}

// Reserve begins a lease before there is anything to hold. From then on a client that is
// stopped is resumed until it has handed the descriptors over. A lease of 0 never ends.
func (g *Guard) Reserve(lasts time.Duration) (*Held, error) {
	g.mu.Lock()
	if g.table == nil || len(g.free) == 0 {
		dead := g.table == nil
		g.mu.Unlock()
		if dead {
			return nil, ErrDead
		}
		return nil, ErrFull
	}
	n := g.free[len(g.free)-1]
	g.free = g.free[:len(g.free)-1]
	h := &Held{guard: g, number: n, gone: make(chan struct{})}
	g.held[n] = h
	l := &g.table.leases[n]
	l.lapsed.Store(0)
	l.state.Store(held)
	l.handed.Store(0)
	l.ends.Store(end(lasts))
	g.mu.Unlock()
	return h, g.send(message{reserve, n}, nil)
}

// Take hands descriptors over. The caller must then close its own, and call Handed.
func (h *Held) Take(fds []int) error {
	for len(fds) > maxDescriptors {
		if err := h.guard.send(message{take, h.number}, fds[:maxDescriptors]); err != nil {
			return err
		}
		fds = fds[maxDescriptors:]
	}
	return h.guard.send(message{takeLast, h.number}, fds)
}

// Handed says that only the guard has the descriptors, and renews the lease.
func (h *Held) Handed(lasts time.Duration) {
	h.Renew(lasts)
	h.guard.mu.Lock()
	defer h.guard.mu.Unlock()
	if !h.over {
		h.lease().handed.Store(1)
	}
}

// lease is the lease of a Held that has not ended. The caller holds guard.mu.
func (h *Held) lease() *lease { return &h.guard.table.leases[h.number] }

// Renew renews the lease, unless it has run out.
func (h *Held) Renew(lasts time.Duration) {
	h.guard.mu.Lock()
	sooner := false
	if !h.over && !h.cut {
		ends := end(lasts)
		sooner = ends < h.lease().ends.Swap(ends)
	}
	h.guard.mu.Unlock()
	if sooner { // the keeper would wait for the later moment
		_ = h.guard.send(message{operation: look}, nil)
	}
}

// LapsedNS is when the lease was found to have run out, or the guard to have ended,
// CLOCK_MONOTONIC; 0: neither. While it is 0 everything is still held.
func (h *Held) LapsedNS() uint64 {
	h.guard.mu.Lock()
	defer h.guard.mu.Unlock()
	if h.over {
		return uint64(h.lapsed)
	}
	return uint64(h.lease().lapsed.Load())
}

// Gone is closed when everything is closed, for whatever reason.
func (h *Held) Gone() <-chan struct{} { return h.gone }

// end is the end of it. The caller holds guard.mu.
func (h *Held) end(lapsed int64) {
	h.lapsed, h.over = lapsed, true
	close(h.gone)
}

// Close has the guard close what is held, and waits for that. A guard that does not begin
// to is ended, which closes it too.
func (h *Held) Close() error {
	h.guard.mu.Lock()
	over := h.over
	h.releasing = true
	h.guard.mu.Unlock()
	if over {
		return nil
	}
	if err := h.guard.send(message{release, h.number}, nil); err != nil {
		<-h.gone // because such a guard is ended
		return nil
	}
	select {
	case <-h.gone:
		return nil
	case <-time.After(patience):
	}
	h.guard.mu.Lock()
	if !h.over && h.lease().state.Load() == held {
		h.guard.kill()
	}
	h.guard.mu.Unlock()
	<-h.gone
	return nil
}
