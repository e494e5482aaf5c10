package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestBeginWatch gives up on a start that hangs, and not on one that is about to
// finish.
func TestBeginWatch(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	hang := make(chan struct{})
	defer close(hang)
	began := time.Now()
	if _, err := beginWatch(over, 0, func() (*watch, error) { <-hang; return nil, nil }); !errors.Is(err, errNotStarted) {
		t.Errorf("got %v, want %v", err, errNotStarted)
	}
	if took := time.Since(began); took < startGrace {
		t.Errorf("it gives up after %v, want %v", took, startGrace)
	}
	want := &watch{}
	if w, err := beginWatch(over, 0, func() (*watch, error) { time.Sleep(startGrace / 20); return want, nil }); w != want || err != nil {
		t.Errorf("got %v, %v", w, err)
	}
}
