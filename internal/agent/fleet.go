package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// scanInterval is how often processes are looked for: all are attached to
	// within five seconds, even if they are found while they are just starting
	// and the machine is busy.
	scanInterval = 1500 * time.Millisecond
	// attachers is how many targets are examined and attached to at once, and
	// attachersOf how many of one user. Most of the time goes by waiting for the
	// kernel.
	attachers, attachersOf = 8, 4
	// judges is how many executables are parsed at once, and judgesOf how many of
	// one user.
	judges, judgesOf = 4, 2
	// findPatience is how long Find waits until it is known of all executables
	// whether they can be watched.
	findPatience = 5 * time.Second
)

// ErrNothing says that no running process is selected.
var ErrNothing = errors.New("no such process")

// Fleet finds the targets of a Selection, follows them as they start, replace
// their programs and end, and has each watched by a goroutine of its own. Find, then
// Attach, then Run; Close it in any case.
type Fleet struct {
	selection   Selection
	log         *slog.Logger
	session     *probes.Session
	config      Config
	executables target.Executables
	places      *places      // of targets
	attaching   *turns       // of those who examine and attach
	judging     *turns       // of those who parse executables
	verdicts    chan verdict // of them
	closed      chan struct{}
	attached    atomic.Bool             // something has been, at some time
	watched     atomic.Int64            // how many targets are
	members     map[int]*member         // by pid
	processes   map[int]*target.Process // from Find to Attach
	watchers    map[int]*Watcher        // from Attach to Run
	owners      int
	ends        chan ending // of each owner, its last act
	waiting     bool        // it was said that there is nothing to watch
	shortage    shortage
	scanned     bool     // a scan has succeeded
	patience    patience // at the end
	leftBehind  int      // owners that did not return in time
}

// NewFleet returns a Fleet.
func NewFleet(selection Selection, log *slog.Logger) *Fleet {
	return &Fleet{
		selection: selection, log: log, places: newPlaces(log), executables: target.Executables{Symbols: probes.Symbols()}, ends: make(chan ending),
		attaching: newTurns(attachers, attachersOf), judging: newTurns(judges, judgesOf), verdicts: make(chan verdict), closed: make(chan struct{}), patience: patience{next: ownerPatience, all: fleetPatience},
		members: map[int]*member{}, processes: map[int]*target.Process{}, watchers: map[int]*Watcher{},
	}
}

// Find examines the processes selected by pid. Of the others it makes sure that
// there are any, unless All are selected: else it returns an ErrNothing, or why
// what there is cannot be watched.
func (f *Fleet) Find(ctx context.Context) (err error) {
	for _, pid := range f.selection.PIDs {
		if f.processes[pid], err = f.open(ctx, pid, time.Now().Add(startPatience)); err != nil {
			delete(f.processes, pid)
			return err
		}
		f.members[pid] = &member{pid: pid, asked: true, state: owned}
	}
	if !f.selection.Follows() || f.selection.All || len(f.processes) > 0 {
		return nil
	}
	for deadline := time.Now().Add(findPatience); ; {
		chosen, err := f.scan(ctx, time.Now())
		if err != nil || len(chosen) > 0 || f.awaitOne(ctx) {
			return err
		}
		if err = f.nothing(); !transient(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPoll):
		}
	}
}

// awaitOne waits for the verdicts of a scan, and reports whether there is a member to
// be watched.
func (f *Fleet) awaitOne(ctx context.Context) bool {
	patience := time.After(findPatience)
	for f.undecided() {
		select {
		case v := <-f.verdicts:
			if f.enter(v) != nil {
				return true
			}
		case <-patience:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// Attach attaches to the processes selected by pid. If it fails for one, what it has
// done is undone by Close. Without probes, see Config, session may be nil.
func (f *Fleet) Attach(ctx context.Context, session *probes.Session, config Config) error {
	config.self, config.crowd, config.shortage = &selfMeter{}, &f.watched, &f.shortage
	if session != nil {
		config.self.guard = session
	}
	f.session, f.config = session, config
	for pid, process := range f.processes {
		if _, err := f.place(f.members[pid]); err != nil {
			return err
		}
		delete(f.processes, pid) // it is the Watcher's, or closed
		w, err := f.watch(ctx, pid, process, time.Now().Add(startPatience))
		if err != nil {
			return err
		}
		f.watchers[pid] = w
	}
	return nil
}

// nothing says why there is nothing to watch.
func (f *Fleet) nothing() error {
	for _, u := range f.Unobserved() {
		if f.selection.wants(u.PID, u.Exe) {
			return u.Why
		}
	}
	return fmt.Errorf("%w: no running Go process with the OpenTelemetry SDK is %s; otwatch list shows what there is", ErrNothing, f.selection)
}

// LeftBehind is how many targets Run did not wait for at the end. What they use must
// not be closed. It must not be called while Run runs.
func (f *Fleet) LeftBehind() int { return f.leftBehind }

// Close undoes what Find and Attach have done, if Run was not called, and lets go of
// what is shared.
func (f *Fleet) Close() error {
	var errs []error
	for _, p := range f.processes {
		errs = append(errs, p.Close())
	}
	for _, w := range f.watchers {
		errs = append(errs, w.Close())
	}
	close(f.closed)
	f.executables.Close()
	return errors.Join(errs...)
}

// Run watches until ctx ends or, where no processes are followed, until the last
// target has. It hands on the Snapshots of all targets, from several goroutines,
// and returns when everything is detached, with nil in both cases. An owner that does
// not return in time it leaves behind.
func (f *Fleet) Run(ctx context.Context, emit func(snapshot.Snapshot) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	emit = decisive(emit)
	launch := func(m *member, w *Watcher) {
		f.owners++
		m.state = owned
		go func() { f.ends <- f.own(ctx, m, w, emit) }()
	}
	for pid, w := range f.watchers {
		launch(f.members[pid], w)
	}
	clear(f.watchers)
	scan, done := time.NewTimer(0), ctx.Done()
	defer scan.Stop()
	for follows := f.selection.Follows(); follows || f.owners > 0; {
		select {
		case <-done:
			follows, done = false, nil
			f.patience.begin()
		case <-scan.C:
			if !follows {
				continue
			}
			chosen, scanErr := f.scan(ctx, time.Now())
			for _, m := range chosen {
				launch(m, nil)
			}
			f.sayWaiting()
			err = cmp.Or(err, f.unscanned(scanErr))
			scan.Reset(scanInterval)
		case v := <-f.verdicts:
			if m := f.enter(v); m != nil && follows {
				launch(m, nil)
			}
			f.sayWaiting()
		case end := <-f.ends:
			f.owners--
			f.bury(end)
			err = cmp.Or(err, end.fatal)
			f.patience.renew()
		case <-f.patience.over():
			return cmp.Or(err, f.leaveBehind())
		}
		if err != nil {
			cancel()
		}
	}
	return err
}

// emitError is a failure to hand on what was seen: it ends everything, where one of
// a single target ends the watching of that.
type emitError struct{ error }

func (e emitError) Unwrap() error { return e.error }

func decisive(emit func(snapshot.Snapshot) error) func(snapshot.Snapshot) error {
	return func(s snapshot.Snapshot) error {
		if err := emit(s); err != nil {
			return emitError{err}
		}
		return nil
	}
}

// sayWaiting says once that there is nothing to watch yet, or any more.
func (f *Fleet) sayWaiting() {
	waiting := f.owners == 0 && !f.undecided()
	if waiting && !f.waiting {
		f.log.Info("no process with the OpenTelemetry SDK to watch; waiting for one")
	}
	f.waiting = waiting
}
