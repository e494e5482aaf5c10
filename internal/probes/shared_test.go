package probes

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestShared has many callers while a call is under way: each gets the result of one that
// began later. How many callers come before the next call begins is chance, but sooner or
// later some share it.
func TestShared(t *testing.T) {
	const waiting, rounds = 23, 100
	for range rounds {
		if begun := callWhileOneIsUnderWay(t, waiting); begun <= waiting {
			return
		}
	}
	t.Errorf("in %d rounds of %d callers, none shared an act", rounds, waiting+1)
}

// callWhileOneIsUnderWay returns how many calls were made.
func callWhileOneIsUnderWay(t *testing.T, waiting int32) int32 {
	t.Helper()
	var s shared[int32]
	var begun, right atomic.Int32
	under, release := make(chan struct{}), make(chan struct{})
	failure := errors.New("no")
	act := func() (int32, error) { return begun.Add(1), failure }
	var callers sync.WaitGroup
	callers.Go(func() {
		_, _ = s.do(func() (int32, error) { close(under); <-release; return act() })
	})
	<-under
	for range waiting {
		callers.Go(func() {
			if n, err := s.do(act); n >= 2 && err == failure {
				right.Add(1)
			}
		})
	}
	for !s.awaited() {
	}
	close(release)
	callers.Wait()
	if n := right.Load(); n != waiting {
		t.Errorf("%d callers got what they came for, want %d", n, waiting)
	}
	return begun.Load()
}

func (s *shared[T]) awaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next != nil
}
