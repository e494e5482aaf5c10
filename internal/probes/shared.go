package probes

import "sync"

// shared lets callers that want the same result at the same time share one call: all
// targets are looked at at the same moments.
type shared[T any] struct {
	running sync.Mutex // one call at a time
	mu      sync.Mutex
	next    *act[T] // the call that begins when the running one ends; nil: nobody waits for one
}

// act is one call.
type act[T any] struct {
	done   chan struct{}
	result T
	err    error
}

// do returns the result of a call that began after do was called.
func (s *shared[T]) do(what func() (T, error)) (T, error) {
	s.mu.Lock()
	mine := s.next
	first := mine == nil
	if first {
		mine = &act[T]{done: make(chan struct{})}
		s.next = mine
	}
	s.mu.Unlock()
	if !first {
		<-mine.done
		return mine.result, mine.err
	}
	s.running.Lock()
	defer s.running.Unlock()
	s.mu.Lock()
	s.next = nil // later callers are too late for this call
	s.mu.Unlock()
	mine.result, mine.err = what()
	close(mine.done)
	return mine.result, mine.err
}
