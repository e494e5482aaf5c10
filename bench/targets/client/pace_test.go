package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// TestPaceMakesWhatIsDue counts requests of which every third fails.
func TestPaceMakesWhatIsDue(t *testing.T) {
	var n atomic.Int64
	made := pace(t.Context(), func(context.Context) error {
		if n.Add(1)%3 == 0 {
			return errors.New("no")
		}
		return nil
	}, 230, 100*time.Millisecond)
	if made.Requests != 23 || n.Load() != 23 || made.Failed != 7 {
		t.Errorf("made %+v with %d calls, want 23 requests, 7 of them failed", made, n.Load())
	}
}
