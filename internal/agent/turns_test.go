package agent

import (
	"context"
	"errors"
	"testing"
)

func TestTurns(t *testing.T) {
	turns := newTurns(3, 2)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	take := func(uid uint32) func() {
		t.Helper()
		release, err := turns.take(t.Context(), uid)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	refused := func(what string, uid uint32) {
		t.Helper()
		for range 100 { // select draws among the ways that are open
			release, err := turns.take(over, uid)
			if err == nil {
				release()
				t.Fatalf("%s has a turn", what)
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
	}
	first, second := take(1000), take(1000)
	refused("a third of one user", 1000)
	third := take(1001)
	refused("a fourth of all", 1002)
	first()
	fourth := take(1002)
	second()
	third()
	fourth()
	for range 3 {
		defer take(0)()
	}
	refused("a fourth of root's", 0)
	turns.mu.Lock()
	defer turns.mu.Unlock()
	if len(turns.of) != 1 {
		t.Errorf("%d users are kept, want root alone", len(turns.of))
	}
}
