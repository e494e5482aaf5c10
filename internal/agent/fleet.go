package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/containers"
	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// scanInterval is how often processes are looked for: otwatch attaches to each within
	// five seconds, even if it is just starting when found and the machine is busy.
	scanInterval = 1500 * time.Millisecond
	// attachers is how many targets are examined and attached to at once, and
	// attachersOf how many of one user. Most of the time is spent waiting for the kernel.
	attachers, attachersOf = 8, 4
	// parsers is how many executables are parsed at once, and parsersOf how many of
	// one user.
	parsers, parsersOf = 4, 2
	// findPatience is how long Find waits for the examination of executables.
	findPatience = 5 * time.Second
)

// ErrNothing means that no running process is selected.
var ErrNothing = errors.New("no such process")

// Fleet finds the targets of a Selection, follows them as they start, replace their
// programs and end, and watches each in a goroutine of its own. Call Find, Attach and Run
// in this order, and Close in any case.
type Fleet struct {
	selection   atomic.Pointer[Selection]
	reselected  chan struct{} // holds one element after Reselect
	unwanted    chan []int    // pids of targets that are no longer selected
	containers  *containers.Directory
	log         *slog.Logger
	session     *probes.Session
	config      Config
	executables target.Executables
	slots       *slots       // of targets
	attaching   *semaphore   // bounds how many are examined and attached to at once
	parsing     *semaphore   // bounds how many executables are parsed at once
	verdicts    chan verdict // of executables that were parsed
	beginnings  chan *beginning
	closed      chan struct{}
	attached    atomic.Bool             // some process has been attached to
	watched     atomic.Int64            // targets being watched
	members     map[int]*member         // by pid
	processes   map[int]*target.Process // from Find to Attach
	watchers    map[int]*Watcher        // from Attach to Run
	owners      int
	ends        chan ending // each owner sends one when it is done
	waiting     bool        // it was logged that there is nothing to watch
	shortage    shortage
	scanned     bool     // a scan has succeeded
	patience    patience // how long to wait for owners at the end
	leftBehind  int      // owners that did not return in time
}

// NewFleet returns a Fleet. names is what containers are called; nil if that is not to be known.
func NewFleet(selection Selection, names *containers.Directory, log *slog.Logger) *Fleet {
	f := &Fleet{
		reselected:  make(chan struct{}, 1),
		unwanted:    make(chan []int),
		containers:  names,
		log:         log,
		executables: target.Executables{Symbols: slices.Concat(probes.Lookups(), []string{memory.AddGoroutine, goexit}, defects.Functions())},
		slots:       newSlots(log),
		attaching:   newSemaphore(attachers, attachersOf),
		parsing:     newSemaphore(parsers, parsersOf),
		verdicts:    make(chan verdict),
		beginnings:  make(chan *beginning),
		closed:      make(chan struct{}),
		members:     map[int]*member{},
		processes:   map[int]*target.Process{},
		watchers:    map[int]*Watcher{},
		ends:        make(chan ending),
		patience:    patience{next: ownerPatience, all: fleetPatience},
	}
	f.selection.Store(&selection)
	return f
}

// Find examines the processes that are selected by pid. If processes are selected by
// other properties, but not All, at least one must be found: else the error is ErrNothing,
// or why a process that was found cannot be watched.
func (f *Fleet) Find(ctx context.Context) (err error) {
	selection := f.selection.Load()
	for _, pid := range selection.PIDs {
		if f.processes[pid], err = f.open(ctx, pid, time.Now().Add(startPatience)); err != nil {
			delete(f.processes, pid)
			return err
		}
		f.members[pid] = &member{pid: pid, asked: true, state: owned}
	}
	if !selection.Follows() || selection.waits() || len(f.processes) > 0 {
		return nil
	}
	for deadline := time.Now().Add(findPatience); ; {
		chosen, err := f.scan(ctx, time.Now())
		if err != nil || len(chosen) > 0 || f.awaitOne(ctx) {
			return err
		}
		if err = f.nothing(ctx); !transient(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPoll):
		}
	}
}

// awaitOne waits for the verdicts of a scan, up to the first member that is to be watched.
// It reports whether there is one.
func (f *Fleet) awaitOne(ctx context.Context) bool {
	patience := time.After(findPatience)
	for f.undecided() {
		select {
		case v := <-f.verdicts:
			if f.addVerdict(v) != nil {
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

// Attach attaches to the processes that are selected by pid. If it fails for one, Close
// undoes the others. session may be nil if targets get no probes, see Config.
func (f *Fleet) Attach(ctx context.Context, session *probes.Session, config Config) error {
	config.self, config.targets, config.shortage = &selfMeter{}, &f.watched, &f.shortage
	if session != nil {
		config.self.guard = session
	}
	f.session, f.config = session, config
	for pid, process := range f.processes {
		if _, err := f.takeSlot(f.members[pid]); err != nil {
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

// nothing is the error if there is nothing to watch.
func (f *Fleet) nothing(ctx context.Context) error {
	for _, u := range f.Unobserved() {
		if wanted, err := f.wants(ctx, u.PID); wanted || err != nil {
			return u.Why
		}
	}
	return fmt.Errorf("%w: no running Go process with the OpenTelemetry SDK is %s; otwatch list shows what there is", ErrNothing, f.selection.Load())
}

// LeftBehind is how many targets Run gave up waiting for. What they use must not be
// closed. It must not be called while Run runs.
func (f *Fleet) LeftBehind() int { return f.leftBehind }

// Close undoes what Find and Attach have done, if Run was not called, and releases what all
// targets share.
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

// Run watches until ctx ends or, if the selection cannot grow, until the last target has
// ended. It calls emit with the Snapshots of all targets, from several
// goroutines. It returns nil in both cases, when everything is detached, or when it has
// waited long enough for that.
func (f *Fleet) Run(ctx context.Context, emit func(snapshot.Snapshot) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	emit = markEmitErrors(emit)
	launch := func(m *member, w *Watcher) {
		f.owners++
		m.state = owned
		watching, release := context.WithCancelCause(ctx)
		m.release = release
		go func() {
			defer release(nil)
			f.ends <- f.own(watching, m, w, emit)
		}()
	}
	for pid, w := range f.watchers {
		launch(f.members[pid], w)
	}
	clear(f.watchers)
	scan, done := time.NewTimer(0), ctx.Done()
	defer scan.Stop()
	for grows := f.selection.Load().grows(); grows || f.owners > 0; {
		select {
		case <-done:
			grows, done = false, nil
			f.patience.begin()
		case b := <-f.beginnings:
			if m := f.addBeginning(b); m != nil {
				launch(m, nil)
			}
		case <-scan.C:
			if !grows || !f.selection.Load().Follows() {
				continue
			}
			chosen, scanErr := f.scan(ctx, time.Now())
			for _, m := range chosen {
				launch(m, nil)
			}
			f.logWaiting()
			err = cmp.Or(err, f.unscanned(scanErr))
			scan.Reset(scanInterval)
		case v := <-f.verdicts:
			if m := f.addVerdict(v); m != nil && grows {
				launch(m, nil)
			}
			f.logWaiting()
		case <-f.reselected:
			grows = done != nil && f.selection.Load().grows()
			f.reconsider(ctx)
			scan.Reset(0)
		case pids := <-f.unwanted:
			f.releaseAll(pids)
		case end := <-f.ends:
			f.owners--
			f.release(end)
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

// emitError is an error of emit. It ends everything, while an error of one target only ends
// the watching of that target.
type emitError struct{ error }

func (e emitError) Unwrap() error { return e.error }

// markEmitErrors makes the errors of emit emitErrors.
func markEmitErrors(emit func(snapshot.Snapshot) error) func(snapshot.Snapshot) error {
	return func(s snapshot.Snapshot) error {
		if err := emit(s); err != nil {
			return emitError{err}
		}
		return nil
	}
}

// logWaiting logs once that there is nothing to watch yet, or any more.
func (f *Fleet) logWaiting() {
	waiting := f.owners == 0 && !f.undecided()
	if waiting && !f.waiting {
		f.log.Info("no process with the OpenTelemetry SDK to watch; waiting for one")
	}
	f.waiting = waiting
}
