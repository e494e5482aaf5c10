package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

// watchdog cancels a machine whose console has been silent for too long. It is
// the writer that the console goes through.
type watchdog struct {
	limit  time.Duration
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	last  []byte // the line that was written last
}

// watchConsole returns a context that ends, with a cause that says where the
// console stopped, when nothing has been written for a time. Stop it when done.
func watchConsole(ctx context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watchdog{limit: limit, cancel: cancel}
	w.timer = time.AfterFunc(limit, w.bark)
	return ctx, w
}

func (w *watchdog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Reset(w.limit)
	for line := range bytes.Lines(p) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			w.last = bytes.Clone(line)
		}
	}
	return len(p), nil
}

func (w *watchdog) bark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel(fmt.Errorf("nothing on the console for %v since %q", w.limit, w.last))
}

// stop ends the watching.
func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(nil)
}
