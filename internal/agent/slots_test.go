package agent

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// start takes slots for processes of a user until there is none, and returns how many it
// got.
func start(s *slots, uid uint32) (n int) {
	for ; s.take(int(uid)*10_000+n, uid, false) == nil; n++ {
	}
	return n
}

// TestSlotsAreDivided between users, each of whom starts more processes than there are
// slots for.
func TestSlotsAreDivided(t *testing.T) {
	s := newSlots(slog.New(slog.DiscardHandler))
	for i, want := range []int{768, 128, 64, 32, 16, 8, 4, 2, 1} {
		if got := start(s, uint32(i)); got != want {
			t.Errorf("user %d has %d slots, want %d", i, got, want)
		}
	}
}

// TestSlotsComeFree when processes end.
func TestSlotsComeFree(t *testing.T) {
	s := newSlots(slog.New(slog.DiscardHandler))
	first := start(s, 1)
	start(s, 2)
	for pid := 10_000; pid < 10_000+first; pid++ {
		if !s.free(pid) || s.free(pid) {
			t.Fatalf("pid %d is not freed exactly once", pid)
		}
	}
	if again := start(s, 1); again < 600 {
		t.Errorf("%d slots are free for user 1, want most of what it had", again)
	}
	if len(s.owned) != 2 || s.owned[2] != 128 {
		t.Errorf("owned: %v", s.owned)
	}
}

// TestSlotForPID gives a process that is selected by pid any free slot.
func TestSlotForPID(t *testing.T) {
	s := newSlots(slog.New(slog.DiscardHandler))
	for pid := range maxTargets {
		if err := s.take(pid, 1, true); err != nil {
			t.Fatalf("pid %d: %v", pid, err)
		}
	}
	if err := s.take(5, 1, true); err != nil {
		t.Errorf("a process that has a slot: %v", err)
	}
	if err := s.take(maxTargets, 2, true); !errors.Is(err, errNoSlot) || !strings.Contains(err.Error(), "1024 processes are already watched") {
		t.Errorf("one more: %v", err)
	}
}

// TestNoSlotIsLoggedOnce however many processes get none.
func TestNoSlotIsLoggedOnce(t *testing.T) {
	var said bytes.Buffer
	s := newSlots(slog.New(slog.NewTextHandler(&said, nil)))
	n := start(s, 7)
	for range 5 {
		if err := s.take(n, 7, false); !errors.Is(err, errNoSlot) || !strings.Contains(err.Error(), "768 processes of user 7") {
			t.Errorf("%v, want that user 7 has 768", err)
		}
	}
	if lines := strings.Count(said.String(), "\n"); lines != 1 {
		t.Errorf("said %d times: %s", lines, said.String())
	}
}

// TestSlotlessAreTriedAgain when a slot comes free, and listed until then.
func TestSlotlessAreTriedAgain(t *testing.T) {
	f := NewFleet(Selection{All: true}, nil, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { f.Close() })
	n := start(f.slots, 1)
	refused := &member{pid: 3, state: owned}
	f.members[3] = refused
	f.release(ending{member: refused, why: f.slots.take(3, 1, false)})
	if list := f.Unobserved(); len(list) != 1 || !errors.Is(list[0].Why, errNoSlot) {
		t.Fatalf("unobserved: %v", list)
	}
	for range 10 { // each try doubles the wait for the next
		f.release(ending{member: refused, why: errNoSlot})
	}
	watched := &member{pid: 10_000 + n - 1, state: owned}
	f.members[watched.pid] = watched
	f.release(ending{member: watched})
	if !refused.tried.IsZero() || refused.retry != firstRetry {
		t.Errorf("it is tried again after %v from %v", refused.retry, refused.tried)
	}
}
