package agent

import (
	"context"
	"fmt"
	"sync"

	"github.com/otwatch/otwatch/internal/target"
)

// beginning is a process that is stopped before the first instruction of its program, until
// it is attached to. A nil beginning is that of a process that runs.
type beginning struct {
	process *target.Process // nil: it was taken
	over    sync.Once
	result  chan error
}

// Begin attaches to a process that is stopped before the first instruction of its program,
// and returns when the process may run: nil if it is watched from then on. End ctx when Run
// has returned.
func (f *Fleet) Begin(ctx context.Context, pid int) error {
	process, err := f.executables.OpenStopped(pid)
	if err != nil {
		return err
	}
	process.Name(ctx, f.containers)
	b := &beginning{process: process, result: make(chan error, 1)}
	select {
	case f.beginnings <- b:
	case <-ctx.Done():
		_ = process.Close() // nothing has been done with it
		return ctx.Err()
	}
	select {
	case err := <-b.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// addBeginning returns the member of a process that has begun; nil if the process is being
// watched already.
func (f *Fleet) addBeginning(b *beginning) *member {
	pid := b.process.PID
	if m := f.members[pid]; m != nil && m.state == owned {
		b.done(fmt.Errorf("pid %d is already being watched", pid))
		return nil
	}
	m := &member{pid: pid, asked: true, began: b, state: owned}
	f.members[pid] = m
	return m
}

// take returns the process the first time, for a Watcher that is to own it.
func (b *beginning) take() *target.Process {
	if b == nil {
		return nil
	}
	process := b.process
	b.process = nil
	return process
}

// done lets the process run. err is why it is not watched, nil if it is.
func (b *beginning) done(err error) {
	if b == nil {
		return
	}
	b.over.Do(func() { b.result <- err })
	if untaken := b.take(); untaken != nil {
		_ = untaken.Close() // nothing has been done with it
	}
}
