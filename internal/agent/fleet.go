package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// scanInterval is how often processes are looked for: all are attached to
	// within five seconds, even if they are found while they are just starting
	// and the machine is busy.
	scanInterval = 1500 * time.Millisecond
	// attachers is how many targets are examined and attached to at once. Most
	// of the time goes by waiting for the kernel.
	attachers = 8
	// startPatience is how long an owner waits for a runtime to begin.
	startPatience = 2 * time.Second
	startPoll     = 10 * time.Millisecond
	// firstRetry and lastRetry bound the wait before a process is tried again
	// that could not be attached to.
	firstRetry, lastRetry = time.Second, time.Minute
)

// ErrNothing says that no running process is selected.
var ErrNothing = errors.New("no such process")

// Fleet finds the targets of a Selection, follows them as they start, replace
// their programs and end, and has each watched by a goroutine of its own. Start it,
// then Run it; Close it in any case.
type Fleet struct {
	selection   Selection
	log         *slog.Logger
	session     *probes.Session
	config      Config
	executables target.Executables
	attaching   chan struct{}           // a token each for those who examine and attach
	attached    atomic.Bool             // something has been, at some time
	watched     atomic.Int64            // how many targets are
	members     map[int]*member         // by pid
	processes   map[int]*target.Process // from Find to Attach
	watchers    map[int]*Watcher        // from Attach to Run
	owners      int
	ends        chan ending // of each owner, its last act
	waiting     bool        // it was said that there is nothing to watch
}

// state is how far a process has come that a scan has found. One that is gone has
// none.
type state int

const (
	found state = iota
	rejected
	owned // examined, attached to and watched by a goroutine, which owns it
)

// member is a process that the Fleet knows of.
type member struct {
	pid   int
	asked bool          // for, by its pid
	file  target.FileID // that it executed when it was found
	state state
	why   error         // of rejected; nil if it is not selected
	retry time.Duration // after which it is tried again; 0: not before it executes another file
	tried time.Time
}

// ending is what became of a member that was owned.
type ending struct {
	member *member
	why    error // nil, or why it cannot be watched
	fatal  error // why nothing else can be, either
}

// NewFleet returns a Fleet.
func NewFleet(selection Selection, log *slog.Logger) *Fleet {
	return &Fleet{
		selection: selection, log: log, executables: target.Executables{Symbols: probes.Symbols()}, attaching: make(chan struct{}, attachers), ends: make(chan ending),
		members: map[int]*member{}, processes: map[int]*target.Process{}, watchers: map[int]*Watcher{},
	}
}

// Find examines the processes selected by pid. Of the others it makes sure that
// there are any, unless All are selected: else it returns an ErrNothing, or why
// what there is cannot be watched.
func (f *Fleet) Find(ctx context.Context) (err error) {
	for _, pid := range f.selection.PIDs {
		if f.processes[pid], err = f.open(ctx, pid, startPatience); err != nil {
			delete(f.processes, pid)
			return err
		}
		f.members[pid] = &member{pid: pid, asked: true, state: owned}
	}
	if !f.selection.Follows() || f.selection.All || len(f.processes) > 0 {
		return nil
	}
	chosen, err := f.scan(time.Now())
	if err == nil && len(chosen) == 0 {
		return f.nothing()
	}
	return err
}

// Attach attaches to the processes selected by pid. If it fails for one, what it has
// done is undone by Close. Without probes, see Config, session may be nil.
func (f *Fleet) Attach(session *probes.Session, config Config) (err error) {
	config.self, config.crowd = &selfMeter{}, &f.watched
	f.session, f.config = session, config
	for pid, process := range f.processes {
		if f.watchers[pid], err = Watch(session, process, config); err != nil {
			delete(f.watchers, pid)
			return err
		}
		delete(f.processes, pid)
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
	f.executables.Close()
	return errors.Join(errs...)
}

// Run watches until ctx ends or, where no processes are followed, until the last
// target has. It hands on the Snapshots of all targets, from several goroutines,
// and returns when everything is detached, with nil in both cases.
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
		case <-scan.C:
			if !follows {
				continue
			}
			chosen, scanErr := f.scan(time.Now())
			for _, m := range chosen {
				launch(m, nil)
			}
			f.sayWaiting()
			err = cmp.Or(err, scanErr)
			scan.Reset(scanInterval)
		case end := <-f.ends:
			f.owners--
			f.bury(end)
			err = cmp.Or(err, end.fatal)
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
	if f.owners == 0 && !f.waiting {
		f.log.Info("no process with the OpenTelemetry SDK to watch; waiting for one")
	}
	f.waiting = f.owners == 0
}

// scan looks at what runs, forgets what does not, and returns the members that are
// to be watched.
func (f *Fleet) scan(now time.Time) ([]*member, error) {
	running, err := target.Scan()
	if err != nil {
		return nil, err
	}
	var chosen []*member
	files, pids := map[target.FileID]bool{}, map[int]bool{}
	for _, p := range running {
		files[p.File], pids[p.PID] = true, true
		if m := f.see(p, now); m.state == found {
			chosen = append(chosen, m)
		}
	}
	for pid, m := range f.members {
		if !pids[pid] && m.state != owned {
			delete(f.members, pid)
		}
	}
	f.executables.Forget(func(id target.FileID) bool { return files[id] })
	return chosen, nil
}

// see makes a member of a process, or finds it, and judges whether it is to be
// watched, unless that is known.
func (f *Fleet) see(p target.Running, now time.Time) *member {
	m := f.members[p.PID]
	if m == nil {
		m = &member{pid: p.PID}
		f.members[p.PID] = m
	}
	known := m.file == p.File && m.state == rejected && (m.retry == 0 || now.Sub(m.tried) < m.retry)
	if m.state == owned || known {
		return m
	}
	if m.file != p.File {
		m.file, m.retry = p.File, 0
	}
	m.state, m.why = rejected, f.judge(p)
	if m.why == nil && f.wants(p.PID) {
		m.state = found
	}
	return m
}

// judge says why a process cannot be watched, so far as its executable tells.
func (f *Fleet) judge(p target.Running) error {
	if p.PID == os.Getpid() {
		return target.ErrSelf
	}
	return f.executables.Candidate(p)
}

func (f *Fleet) wants(pid int) bool {
	exe, err := target.Executable(pid)
	return err == nil && f.selection.wants(pid, exe)
}

// bury takes note of what became of a member. One that is gone, or is just
// starting, is found anew if the next scan shows it.
func (f *Fleet) bury(end ending) {
	m := end.member
	transient := []error{nil, target.ErrNoProcess, target.ErrZombie, target.ErrStarting, memory.ErrEnded, fs.ErrNotExist}
	if slices.ContainsFunc(transient, func(kind error) bool { return errors.Is(end.why, kind) }) {
		delete(f.members, m.pid)
		return
	}
	m.state, m.why, m.tried = rejected, end.why, time.Now()
	m.retry = min(max(2*m.retry, firstRetry), lastRetry)
	level := slog.LevelDebug // --all watches what it can, and says no more
	if m.asked || !f.selection.All && m.retry == firstRetry {
		level = slog.LevelWarn
	}
	f.log.Log(context.Background(), level, "not watched", "pid", m.pid, "err", end.why)
}

// own watches a process, from its examination to its end, also as it becomes
// another program.
func (f *Fleet) own(ctx context.Context, m *member, w *Watcher, emit func(snapshot.Snapshot) error) ending {
	for {
		if w == nil {
			var err error
			if w, err = f.attach(ctx, m); err != nil {
				return f.unattached(m, err)
			}
		}
		f.attached.Store(true)
		f.watched.Add(1)
		err := w.Run(ctx, emit)
		f.watched.Add(-1)
		closeErr := w.Close()
		w = nil
		if !errors.Is(err, ErrReplaced) {
			return f.ended(m, errors.Join(err, closeErr))
		}
		f.log.Info("the process runs another program; examining it again", "pid", m.pid)
		if !m.asked && !f.wants(m.pid) {
			return ending{member: m}
		}
	}
}

// unattached is the ending of a member that could not be attached to. If the host
// allows it for none, there is no use in trying others.
func (f *Fleet) unattached(m *member, err error) ending {
	forbidden := errors.Is(err, fs.ErrPermission) || errors.Is(err, memory.ErrForbidden)
	if forbidden && !f.attached.Load() {
		return ending{member: m, fatal: err}
	}
	return ending{member: m, why: err}
}

// ended is the ending of a member that was watched. A fault is everybody's unless
// there may be others to watch.
func (f *Fleet) ended(m *member, err error) ending {
	var emitted emitError
	if err != nil && (errors.As(err, &emitted) || !f.selection.Follows()) {
		return ending{member: m, fatal: err}
	}
	return ending{member: m, why: err}
}

// attach examines a process, and attaches to it.
func (f *Fleet) attach(ctx context.Context, m *member) (*Watcher, error) {
	f.attaching <- struct{}{}
	defer func() { <-f.attaching }()
	patience := time.Duration(0) // the next scan finds it again
	if m.asked {
		patience = startPatience
	}
	process, err := f.open(ctx, m.pid, patience)
	if err != nil {
		return nil, err
	}
	w, err := Watch(f.session, process, f.config)
	if err != nil {
		return nil, errors.Join(err, process.Close())
	}
	return w, nil
}

// open examines a process once its runtime has begun.
func (f *Fleet) open(ctx context.Context, pid int, patience time.Duration) (*target.Process, error) {
	for deadline := time.Now().Add(patience); ; {
		process, err := f.executables.Open(pid)
		if !errors.Is(err, target.ErrStarting) || time.Now().After(deadline) {
			return process, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(startPoll):
		}
	}
}

// Unobserved is a process that is selected, or might be, and cannot be watched.
type Unobserved struct {
	PID int
	Exe string
	Why error
}

// Unobserved lists, by pid, the Go processes that might be watched and cannot be.
// What is no Go program, or does not carry the SDK, is not among them. It must not
// be called while Run runs.
func (f *Fleet) Unobserved() []Unobserved {
	var list []Unobserved
	for _, m := range f.members {
		ordinary := errors.Is(m.why, target.ErrNotGo) || errors.Is(m.why, target.ErrNoSDK) || errors.Is(m.why, target.ErrSelf)
		if m.state != rejected || m.why == nil || ordinary {
			continue
		}
		exe, _ := target.Executable(m.pid) // it may have ended
		list = append(list, Unobserved{PID: m.pid, Exe: exe, Why: m.why})
	}
	slices.SortFunc(list, func(x, y Unobserved) int { return cmp.Compare(x.PID, y.PID) })
	return list
}
