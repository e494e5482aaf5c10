package agent

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestLeftBehind does not wait forever for a target that hangs, and gets the last figures
// of the other one.
func TestLeftBehind(t *testing.T) {
	endpoint := testtarget.Receive(t, testtarget.Accept)
	session := newSession(t)
	hanging, healthy := testtarget.Start(t, "-endpoint", endpoint), testtarget.Start(t, "-endpoint", endpoint)
	var log strings.Builder
	f := NewFleet(Selection{PIDs: []int{hanging.PID(), healthy.PID()}}, nil, slog.New(slog.NewTextHandler(&log, nil)))
	f.patience.next = 3 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := f.Find(ctx); err != nil {
		t.Fatal(err)
	}
	if err := f.Attach(ctx, session, Config{Budget: defaultBudget, Interval: 100 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	release, hangs := make(chan struct{}), make(chan struct{})
	var hung, seen atomic.Int64
	ended := make(chan error, 1)
	go func() {
		ended <- f.Run(ctx, func(s snapshot.Snapshot) error {
			if s.Target.PID == hanging.PID() {
				if hung.Add(1) == 1 {
					close(hangs)
				}
				<-release
			} else {
				seen.Add(1)
			}
			return nil
		})
	}()
	<-hangs
	before := seen.Load()
	cancel()
	err := <-ended
	if !errors.Is(err, errLeftBehind) || !strings.Contains(err.Error(), hanging.PIDString()) || f.LeftBehind() != 1 {
		t.Errorf("got %v, %d left behind; want pid %s", err, f.LeftBehind(), hanging.PIDString())
	}
	if !strings.Contains(log.String(), "pid="+hanging.PIDString()) || strings.Contains(log.String(), "pid="+healthy.PIDString()) {
		t.Errorf("the log is %s", &log)
	}
	if seen.Load() == before {
		t.Error("the other's last figures are lost")
	}
	close(release)
	<-f.ends // it has let go of its target by now
}
