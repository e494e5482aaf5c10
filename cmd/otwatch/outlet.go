package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

const (
	// outletRoom is the number of bytes that an outlet holds at most.
	outletRoom = 8 << 20
	// outletPiece is the number of bytes that an outlet writes at once: small enough to
	// distinguish a slow reader from one that has stopped.
	outletPiece = 16 << 10
	// A flush gives up if the reader takes no byte for the time stalled, and after the
	// time longest in any case.
	stalled = 3 * time.Second
	longest = 10 * time.Second
)

// errNoRoom says that an outlet is full, because its reader has not taken what was
// written before.
var errNoRoom = errors.New("output is blocked: nothing reads it")

// outlet writes in a goroutine of its own, so that callers never wait for a reader,
// terminal or disk. Writes for which there is no room are left out and counted. After
// an error it writes nothing more. Safe for concurrent use.
type outlet struct {
	w io.Writer

	mu     sync.Mutex
	queue  [][]byte
	held   int           // bytes not written yet
	taken  uint64        // bytes written
	left   uint64        // calls of Write without room
	idle   chan struct{} // closed when all is written; nil if the queue is empty
	err    error
	failed chan struct{} // closed when err is set
}

func newOutlet(w io.Writer) *outlet {
	return &outlet{w: w, failed: make(chan struct{})}
}

// Write takes all of p or nothing, and never waits. It returns errNoRoom or the error
// of an earlier write.
func (o *outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err != nil:
		return 0, o.err
	case o.held > outletRoom:
		o.left++
		return 0, errNoRoom
	}
	o.queue = append(o.queue, slices.Clone(p))
	o.held += len(p)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.drain(o.idle)
	}
	return len(p), nil
}

// full reports whether Write has no room.
func (o *outlet) full() bool {
	held, _ := o.state()
	return held > outletRoom
}

// last writes p after everything before it, and waits until it is written.
func (o *outlet) last(p []byte) error {
	if err := o.flush(); err != nil {
		return err
	}
	if _, err := o.Write(p); err != nil {
		return err
	}
	return o.flush()
}

// drain writes until the queue is empty.
func (o *outlet) drain(idle chan struct{}) {
	defer close(idle)
	for piece := o.next(); piece != nil; piece = o.next() {
		n, err := o.w.Write(piece)
		o.wrote(n, err)
	}
}

// next takes the next piece out of the queue; nil if the queue is empty.
func (o *outlet) next() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 && len(o.queue[0]) == 0 {
		o.queue = o.queue[1:]
	}
	if len(o.queue) == 0 {
		o.queue, o.idle = nil, nil
		return nil
	}
	piece := o.queue[0][:min(outletPiece, len(o.queue[0]))]
	o.queue[0] = o.queue[0][len(piece):]
	return piece
}

func (o *outlet) wrote(n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held -= n
	o.taken += uint64(n)
	if err != nil {
		o.err, o.queue, o.held = err, nil, 0
		close(o.failed)
	}
}

// flush waits until everything is written. It gives up if the reader has stopped.
func (o *outlet) flush() error {
	deadline := time.Now().Add(longest)
	for {
		o.mu.Lock()
		idle, taken, err := o.idle, o.taken, o.err
		o.mu.Unlock()
		if idle == nil || err != nil {
			return err
		}
		select {
		case <-idle:
			continue
		case <-time.After(min(stalled, time.Until(deadline))):
		}
		if held, after := o.state(); held > 0 && (after == taken || time.Now().After(deadline)) {
			return fmt.Errorf("%w; %d bytes were not written", errNoRoom, held)
		}
	}
}

func (o *outlet) state() (held int, taken uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held, o.taken
}

// missed returns the number of calls of Write that found no room.
func (o *outlet) missed() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.left
}

// say writes a message and waits for it as flush does.
func say(w io.Writer, format string, arguments ...any) {
	_ = newOutlet(w).last(fmt.Appendf(nil, format, arguments...)) // an error cannot be reported anywhere else
}
