package agent

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// fleetWatch is a Fleet that runs, and what it has emitted.
type fleetWatch struct {
	t      testing.TB
	fleet  *Fleet
	cancel context.CancelFunc
	ended  chan error

	mu   sync.Mutex
	seen map[int][]snapshot.Snapshot // by pid
}

func startFleet(t testing.TB, selection Selection) *fleetWatch {
	t.Helper()
	return startCapped(t, selection, defaultBudget, NewHostCap(defaultBudget, 2))
}

// startCapped is startFleet with a budget for each target, and a cap for all.
func startCapped(t testing.TB, selection Selection, each float64, all *HostCap) *fleetWatch {
	t.Helper()
	session := newSession(t)
	w := &fleetWatch{t: t, fleet: NewFleet(selection, nil, slog.New(slog.DiscardHandler)), ended: make(chan error, 1), seen: map[int][]snapshot.Snapshot{}}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	if err := w.fleet.Find(ctx); err != nil {
		t.Fatal(err)
	}
	config := Config{Budget: each, Interval: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler), Host: all}
	if err := w.fleet.Attach(ctx, session, config); err != nil {
		t.Fatal(err)
	}
	go func() { w.ended <- w.fleet.Run(ctx, w.take) }()
	t.Cleanup(w.stop)
	return w
}

func (w *fleetWatch) take(s snapshot.Snapshot) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[s.Target.PID] = append(w.seen[s.Target.PID], s)
	return nil
}

// stop ends the Fleet. It may be called twice.
func (w *fleetWatch) stop() {
	w.t.Helper()
	if w.cancel == nil {
		return
	}
	w.cancel()
	w.cancel = nil
	if err := <-w.ended; err != nil {
		w.t.Error(err)
	}
	if err := w.fleet.Close(); err != nil {
		w.t.Error(err)
	}
}

// lives is how often a process with a pid has begun, according to the Snapshots, and
// whether the last one is over.
func (w *fleetWatch) lives(pid int) (begun int, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	over = true
	for _, s := range w.seen[pid] {
		if over {
			begun++
		}
		over = s.Ended
	}
	return begun, over
}

// attachedAt is when otwatch first attached to a pid.
func (w *fleetWatch) attachedAt(pid int) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[pid][0].Start
}

// await waits until a process with a pid has begun so often, and is over or not.
func (w *fleetWatch) await(what string, pid, begun int, over bool) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		gotBegun, gotOver := w.lives(pid)
		if gotBegun == begun && gotOver == over {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: seen %d times to begin, over: %v; want %d, %v", what, gotBegun, gotOver, begun, over)
		}
	}
}

// restlessAlone selects the restless programs of this test only.
func restlessAlone(t testing.TB) Selection {
	return Selection{All: true, Selector: Selector{Names: []string{filepath.Base(testtarget.RestlessExecutable(t))}}}
}

func restlessArgs(t testing.TB, args ...string) []string {
	return append([]string{"-endpoint", testtarget.Receive(t, testtarget.Accept), "-delay", "200ms"}, args...)
}

// startWaited starts a restless program that ends with the test.
func startWaited(t testing.TB, args ...string) *testtarget.Restless {
	t.Helper()
	r := testtarget.StartRestless(t, restlessArgs(t, args...)...)
	t.Cleanup(func() {
		r.Kill()
		if err := r.Wait(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// TestFleetFollows processes that start, replace their programs and end.
func TestFleetFollows(t *testing.T) {
	testtarget.NeedRoot(t)
	w := startFleet(t, restlessAlone(t)) // where there is none yet
	plain := startWaited(t)
	itself := startWaited(t, "-exec-in", "3s")
	other := startWaited(t, "-exec-in", "3s", "-become", "/bin/cat")
	parent := startWaited(t, "-children", "20ms")
	w.await("a process that starts", plain.PID(), 1, false)
	w.await("a process that has replaced itself", itself.PID(), 2, false)
	w.await("a process that has become another program", other.PID(), 1, true)
	w.await("a process with many children", parent.PID(), 1, false)
	plain.Kill()
	w.await("a process that was killed", plain.PID(), 1, true)
	again := startWaited(t)
	w.await("a process that starts later", again.PID(), 1, false)
	w.stop()
	if len(w.seen) != 5 {
		t.Errorf("%d processes were watched, want 5: no child of any", len(w.seen))
	}
	for _, pid := range []int{itself.PID(), again.PID()} {
		if total := sum(w.seen[pid]); len(total.Processors) == 0 {
			t.Errorf("pid %d: no processor was found", pid)
		}
	}
	for _, u := range w.fleet.Unobserved() { // the host may have some that even root cannot read
		if w.seen[u.PID] != nil {
			t.Errorf("%+v could not be watched", u)
		}
	}
}

func sum(snapshots []snapshot.Snapshot) snapshot.Snapshot {
	total := snapshots[0]
	for _, s := range snapshots[1:] {
		total = total.Merge(s)
	}
	return total
}

// TestFleetOfPids ends with its last process, and keeps a process that replaces its
// program.
func TestFleetOfPids(t *testing.T) {
	testtarget.NeedRoot(t)
	r := testtarget.StartRestless(t, restlessArgs(t, "-exec-in", "2s")...)
	w := startFleet(t, Selection{PIDs: []int{r.PID()}}) // just starting, perhaps
	w.await("a process that has replaced itself", r.PID(), 2, false)
	r.Kill()
	if err := r.Wait(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-w.ended:
		w.ended <- err
	case <-time.After(30 * time.Second):
		t.Fatal("watching goes on after the last process has ended")
	}
	w.stop()
}
