package untrusted

import (
	"errors"
	"testing"
	"time"
)

// short is a limit that a call which hangs meets soon.
const short = 10 * time.Millisecond

func TestCalls(t *testing.T) {
	failed := errors.New("failed")
	c := &Calls{Limit: time.Minute}
	if err := c.Do(func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := c.Do(func() error { return failed }); err != failed {
		t.Errorf("got %v, want the call's own error", err)
	}
}

func TestAbandonedCall(t *testing.T) {
	c, release := &Calls{Limit: short, Owner: 1}, make(chan struct{})
	returned := make(chan struct{})
	if err := c.Do(func() error { defer close(returned); <-release; return nil }); !errors.Is(err, ErrUnresponsive) {
		t.Fatalf("got %v, want ErrUnresponsive", err)
	}
	if err := c.Do(func() error { t.Error("called while another hangs"); return nil }); !errors.Is(err, ErrUnresponsive) {
		t.Errorf("got %v, want ErrUnresponsive at once", err)
	}
	close(release)
	<-returned
	for c.Do(func() error { return nil }) != nil { // until finish has run
		time.Sleep(time.Millisecond)
	}
}

func TestWhatAnAbandonedCallReturnsIsDiscarded(t *testing.T) {
	c, release, discarded := &Calls{Limit: short, Owner: 2}, make(chan struct{}), make(chan int)
	if got, err := Get(c, func() (int, error) { <-release; return 23, nil }, func(n int) { discarded <- n }); got != 0 || !errors.Is(err, ErrUnresponsive) {
		t.Errorf("got %d, %v", got, err)
	}
	close(release)
	if n := <-discarded; n != 23 {
		t.Errorf("discarded %d, want 23", n)
	}
}

func TestAbandonedCallsOfOneOwner(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	hang := func(owner uint32) error {
		return (&Calls{Limit: short, Owner: owner}).Do(func() error { <-release; return nil })
	}
	for range maxAbandonedOf {
		_ = hang(7)
	}
	patient := &Calls{Limit: time.Minute, Owner: 7}
	if err := patient.Do(func() error { t.Error("called above the limit"); return nil }); !errors.Is(err, ErrUnresponsive) {
		t.Errorf("got %v, want ErrUnresponsive", err)
	}
	other := &Calls{Limit: time.Minute, Owner: 8}
	if err := other.Do(func() error { return nil }); err != nil {
		t.Errorf("another owner's call: %v", err)
	}
}
