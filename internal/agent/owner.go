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
	// startPatience is how long to wait for a process whose Go runtime has not begun, or
	// whose program is replaced again and again while it is examined or attached to.
	startPatience = 10 * time.Second
	startPoll     = 10 * time.Millisecond
	// firstRetry and lastRetry bound the wait before the next try to attach to a process.
	firstRetry, lastRetry = time.Second, time.Minute
)

// ending is how the watching of a member ended.
type ending struct {
	member *member
	why    error // nil, or why it cannot be watched
	fatal  error // why no other process can be watched either
}

// release takes a member back from its owner. A member that has ended, is just starting, or
// did not get its turn before everything ended, is found again if the next scan lists it.
func (f *Fleet) release(end ending) {
	m := end.member
	if f.slots.free(m.pid) {
		f.retrySlotless()
	}
	if m.began != nil { // no scan forgets what its program was
		f.executables.Forget(func(target.FileID) bool { return false })
	}
	if end.why == nil || transient(end.why) {
		delete(f.members, m.pid)
		return
	}
	m.state, m.why = rejected, end.why
	m.later()
	level := slog.LevelDebug // --all watches what it can, and slots has logged that there is none
	if scarce(end.why) {
		f.shortage.log(f.log, "some processes cannot be watched yet; trying again", end.why)
	} else if m.asked || !f.selection.Load().All && m.retry == firstRetry && !errors.Is(m.why, errNoSlot) {
		level = slog.LevelWarn
	}
	f.log.Log(context.Background(), level, "not watched", "pid", m.pid, "err", end.why)
}

// transient reports whether an error does not depend on what the process is: it ended, is
// just starting, runs another program by now, or did not get its turn.
func transient(err error) bool {
	kinds := []error{target.ErrNoProcess, target.ErrZombie, target.ErrStarting, target.ErrReplaced, memory.ErrEnded, fs.ErrNotExist, context.Canceled, context.DeadlineExceeded}
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// own watches a process from its examination to its end, and again each time that the
// process replaces its program.
func (f *Fleet) own(ctx context.Context, m *member, w *Watcher, emit func(snapshot.Snapshot) error) ending {
	for again := m.asked; ; again = true {
		if w == nil {
			var err error
			w, err = f.attach(ctx, m, again)
			m.began.done(err)
			if err != nil {
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
		if closeErr != nil { // the process is watched again all the same
			f.log.Warn("could not detach from the replaced program", "pid", m.pid, "err", closeErr)
		}
		f.log.Info("the process runs another program; examining it again", "pid", m.pid)
		if !f.selection.Load().Follows() { // else the next scan forgets it
			f.executables.Forget(func(target.FileID) bool { return false })
		}
		if m.asked {
			continue
		}
		if wanted, err := f.wants(ctx, m.pid); !wanted {
			return ending{member: m, why: err}
		}
	}
}

// unattached is the ending of a member that could not be attached to. If the host does not
// allow it for any process, it is fatal.
func (f *Fleet) unattached(m *member, err error) ending {
	forbidden := errors.Is(err, fs.ErrPermission) || errors.Is(err, memory.ErrForbidden)
	if forbidden && !f.attached.Load() {
		return ending{member: m, fatal: err}
	}
	return ending{member: m, why: err}
}

// ended is the ending of a member that was watched. An error is fatal unless there may be
// other processes to watch.
func (f *Fleet) ended(m *member, err error) ending {
	var emitted emitError
	if err != nil && (errors.As(err, &emitted) || !f.selection.Load().grows()) {
		return ending{member: m, fatal: err}
	}
	return ending{member: m, why: err}
}

// attach examines a process and attaches to it, if there is a slot for it. If wait is
// false, a program that is just starting or is replaced meanwhile is left to the next scan.
func (f *Fleet) attach(ctx context.Context, m *member, wait bool) (*Watcher, error) {
	owner, err := f.takeSlot(m)
	if err != nil {
		return nil, err
	}
	release, err := f.attaching.acquire(ctx, owner)
	if err != nil {
		return nil, err
	}
	defer release()
	patience := time.Duration(0)
	if wait {
		patience = startPatience
	}
	return f.watch(ctx, m.pid, m.began.take(), time.Now().Add(patience))
}

// watch attaches to a process, which it examines first if process is nil. If the program
// is replaced meanwhile it does both again, up to a deadline.
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

// open examines a process once its Go runtime has begun, and again if its program is
// replaced meanwhile, up to a deadline.
func (f *Fleet) open(ctx context.Context, pid int, deadline time.Time) (*target.Process, error) {
	for {
		process, err := f.executables.Open(pid)
		if err == nil {
			process.Name(ctx, f.containers)
		}
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
