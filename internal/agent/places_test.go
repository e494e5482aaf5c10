package agent

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// start starts processes of a user until one gets no place, and returns how many do.
func start(p *places, uid uint32) (n int) {
	for ; p.take(int(uid)*10_000+n, uid, false) == nil; n++ {
	}
	return n
}

// TestPlacesAreShared between users, each of whom starts more than there is room for.
func TestPlacesAreShared(t *testing.T) {
	p := newPlaces(slog.New(slog.DiscardHandler))
	for i, want := range []int{768, 128, 64, 32, 16, 8, 4, 2, 1} {
		if got := start(p, uint32(i)); got != want {
			t.Errorf("user %d has %d places, want %d", i, got, want)
		}
	}
}

// TestPlacesComeFree when processes end, for who has the fewest.
func TestPlacesComeFree(t *testing.T) {
	p := newPlaces(slog.New(slog.DiscardHandler))
	first := start(p, 1)
	start(p, 2)
	for pid := 10_000; pid < 10_000+first; pid++ {
		if !p.leave(pid) || p.leave(pid) {
			t.Fatalf("pid %d leaves not once", pid)
		}
	}
	if again := start(p, 1); again < 600 {
		t.Errorf("%d places are free for user 1, want most of what it had", again)
	}
	if len(p.owned) != 2 || p.owned[2] != 128 {
		t.Errorf("owned: %v", p.owned)
	}
}

// TestPlaceAskedFor by pid is any, but there are no more than there are.
func TestPlaceAskedFor(t *testing.T) {
	p := newPlaces(slog.New(slog.DiscardHandler))
	for pid := range maxTargets {
		if err := p.take(pid, 1, true); err != nil {
			t.Fatalf("pid %d: %v", pid, err)
		}
	}
	if err := p.take(5, 1, true); err != nil {
		t.Errorf("a process that has a place: %v", err)
	}
	if err := p.take(maxTargets, 2, true); !errors.Is(err, errNoPlace) || !strings.Contains(err.Error(), "1024 processes are watched already") {
		t.Errorf("one more: %v", err)
	}
}

// TestNoPlaceIsSaidOnce however many there are.
func TestNoPlaceIsSaidOnce(t *testing.T) {
	var said bytes.Buffer
	p := newPlaces(slog.New(slog.NewTextHandler(&said, nil)))
	n := start(p, 7)
	for range 5 {
		if err := p.take(n, 7, false); !errors.Is(err, errNoPlace) || !strings.Contains(err.Error(), "768 processes of user 7") {
			t.Errorf("%v, want that user 7 has 768", err)
		}
	}
	if lines := strings.Count(said.String(), "\n"); lines != 1 {
		t.Errorf("said %d times: %s", lines, said.String())
	}
}

// TestPlacelessAreTriedAgain when a place comes free, and shown until then.
func TestPlacelessAreTriedAgain(t *testing.T) {
	f := NewFleet(Selection{All: true}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { f.Close() })
	n := start(f.places, 1)
	refused := &member{pid: 3, state: owned}
	f.members[3] = refused
	f.bury(ending{member: refused, why: f.places.take(3, 1, false)})
	if list := f.Unobserved(); len(list) != 1 || !errors.Is(list[0].Why, errNoPlace) {
		t.Fatalf("unobserved: %v", list)
	}
	for range 10 { // each try doubles the wait for the next
		f.bury(ending{member: refused, why: errNoPlace})
	}
	watched := &member{pid: 10_000 + n - 1, state: owned}
	f.members[watched.pid] = watched
	f.bury(ending{member: watched})
	if !refused.tried.IsZero() || refused.retry != firstRetry {
		t.Errorf("it is tried again after %v from %v", refused.retry, refused.tried)
	}
}
