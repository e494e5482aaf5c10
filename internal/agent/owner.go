package agent

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

const (
	// startPatience is how long a process is waited for whose runtime has not begun, or
	// whose program is replaced again and again while it is examined or attached to.
	startPatience = 10 * time.Second
	startPoll     = 10 * time.Millisecond
	// firstRetry and lastRetry bound the wait before a process is tried again
	// that could not be attached to.
	firstRetry, lastRetry = time.Second, time.Minute
)

// ending is what became of a member that was owned.
type ending struct {
	member *member
	why    error // nil, or why it cannot be watched
	fatal  error // why nothing else can be, either
}

// bury takes note of what became of a member. One that is gone, is just starting, or
// had no turn before everything ended, is found anew if the next scan shows it.
func (f *Fleet) bury(end ending) {
	m := end.member
	if f.places.leave(m.pid) {
		f.hurryPlaceless()
	}
	if end.why == nil || transient(end.why) {
		delete(f.members, m.pid)
		return
	}
	m.state, m.why = rejected, end.why
	m.later()
	level := slog.LevelDebug // --all watches what it can, and says no more; that there is no place was said
	if scarce(end.why) {
		f.shortage.say(f.log, "some processes cannot be watched yet; trying again", end.why)
	} else if m.asked || !f.selection.All && m.retry == firstRetry && !errors.Is(m.why, errNoPlace) {
		level = slog.LevelWarn
	}
	f.log.Log(context.Background(), level, "not watched", "pid", m.pid, "err", end.why)
}

// transient reports whether an error says nothing of what a process is: it ended, is
// just starting, runs another program by now, or had no turn.
func transient(err error) bool {
	kinds := []error{target.ErrNoProcess, target.ErrZombie, target.ErrStarting, target.ErrReplaced, memory.ErrEnded, fs.ErrNotExist, context.Canceled, context.DeadlineExceeded}
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// own watches a process, from its examination to its end, also as it becomes
// another program.
func (f *Fleet) own(ctx context.Context, m *member, w *Watcher, emit func(snapshot.Snapshot) error) ending {
	for again := m.asked; ; again = true {
		if w == nil {
			var err error
			if w, err = f.attach(ctx, m, again); err != nil {
				return f.unattached(m, err)
			}
		}
		f.attached.Store(true)
		f.watched.Add(1)
		err := w.Run(ctx, emit)
		f.watched.Add(-1)
		closeErr := w.Close()
		w = nil
		if !errors.Is(err, target.ErrReplaced) {
			return f.ended(m, errors.Join(err, closeErr))
		}
		if closeErr != nil { // it is to be watched again all the same
			f.log.Warn("could not detach from the replaced program", "pid", m.pid, "err", closeErr)
		}
		f.log.Info("the process runs another program; examining it again", "pid", m.pid)
		if !f.selection.Follows() { // no scan does
			f.executables.Forget(func(target.FileID) bool { return false })
		}
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

// attach examines a process, and attaches to it, if there is a place for it. Unless it is
// to wait, a program that is just starting or is replaced meanwhile is left to the next
// scan.
func (f *Fleet) attach(ctx context.Context, m *member, wait bool) (*Watcher, error) {
	owner, err := f.place(m)
	if err != nil {
		return nil, err
	}
	release, err := f.attaching.take(ctx, owner)
	if err != nil {
		return nil, err
	}
	defer release()
	patience := time.Duration(0)
	if wait {
		patience = startPatience
	}
	return f.watch(ctx, m.pid, nil, time.Now().Add(patience))
}

// watch attaches to a process, which it examines if that has not been done. If its
// program is replaced meanwhile, it does both anew, up to a deadline.
func (f *Fleet) watch(ctx context.Context, pid int, process *target.Process, deadline time.Time) (_ *Watcher, err error) {
	for {
		if process == nil {
			if process, err = f.open(ctx, pid, deadline); err != nil {
				return nil, err
			}
		}
		w, err := Watch(f.session, process, f.config)
		if err == nil {
			return w, nil
		}
		err = errors.Join(err, process.Close())
		process = nil
		if !errors.Is(err, target.ErrReplaced) || time.Now().After(deadline) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// open examines a process once its runtime has begun, and anew if its program is
// replaced meanwhile, up to a deadline.
func (f *Fleet) open(ctx context.Context, pid int, deadline time.Time) (*target.Process, error) {
	for {
		process, err := f.executables.Open(pid)
		passes := errors.Is(err, target.ErrStarting) || errors.Is(err, target.ErrReplaced)
		if !passes || time.Now().After(deadline) {
			return process, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(startPoll):
		}
	}
}
