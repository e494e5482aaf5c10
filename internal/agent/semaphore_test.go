package agent

import (
	"context"
	"errors"
	"testing"
)

func TestSemaphore(t *testing.T) {
	s := newSemaphore(3, 2)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	acquire := func(uid uint32) func() {
		t.Helper()
		release, err := s.acquire(t.Context(), uid)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	refused := func(what string, uid uint32) {
		t.Helper()
		for range 100 { // select chooses at random among the cases that are ready
			release, err := s.acquire(over, uid)
			if err == nil {
				release()
				t.Fatalf("%s has a token", what)
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
	}
	first, second := acquire(1000), acquire(1000)
	refused("a third of one user", 1000)
	third := acquire(1001)
	refused("a fourth of all", 1002)
	first()
	fourth := acquire(1002)
	second()
	third()
	fourth()
	for range 3 {
		defer acquire(0)()
	}
	refused("a fourth of root's", 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.users) != 1 {
		t.Errorf("%d users are kept, want root alone", len(s.users))
	}
}
