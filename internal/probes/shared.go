package probes

import "sync"

// shared lets callers that want the same done at the same time share the doing: all
// targets are looked at at the same moments.
type shared[T any] struct {
	running sync.Mutex // one at a time
	mu      sync.Mutex
	next    *act[T] // the one that begins when the running one is over; nil: nobody waits for it
}

// act is one time.
type act[T any] struct {
	done   chan struct{}
	result T
	err    error
}

// do returns what came of an act that began after the call.
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
	s.next = nil // who comes from here on is too late for it
	s.mu.Unlock()
	mine.result, mine.err = what()
	close(mine.done)
	return mine.result, mine.err
}
