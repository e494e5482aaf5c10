package agent

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// TestNoTurn does not attach to a process that waited for its turn until everything
// ended, and does not warn of it.
func TestNoTurn(t *testing.T) {
	var log strings.Builder
	f := NewFleet(Selection{Selector: Selector{Names: []string{"*"}}}, nil, slog.New(slog.NewTextHandler(&log, nil)))
	for range attachers {
		if _, err := f.attaching.acquire(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := &member{pid: os.Getpid(), state: owned}
	f.members[m.pid] = m
	_, err := f.attach(ctx, m, false)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want %v", err, context.Canceled)
	}
	if f.release(f.unattached(m, err)); len(f.members) > 0 || log.Len() > 0 {
		t.Errorf("members %v are left, and it was logged %q", f.members, log.String())
	}
}
