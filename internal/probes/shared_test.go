package probes

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestShared has many callers come while an act is under way: all of them get the
// next one, which begins after they called.
func TestShared(t *testing.T) {
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
	const waiting = 23
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
	if n := begun.Load(); n < 2 || n > waiting {
		t.Errorf("%d acts for %d callers", n, waiting+1)
	}
}

func (s *shared[T]) awaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next != nil
}
