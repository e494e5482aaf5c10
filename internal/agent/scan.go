package agent

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/target"
)

// state is how far a process has come that a scan has found. One that is gone has
// none.
type state int

const (
	found     state = iota
	examining       // its executable is being parsed; a verdict will come
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

// scan looks at what runs, forgets what does not, and returns the members that are
// to be watched. What is not known yet is examined meanwhile: see verdicts.
func (f *Fleet) scan(ctx context.Context, now time.Time) ([]*member, error) {
	running, err := target.Scan()
	if err != nil {
		return nil, err
	}
	f.scanned = true
	var chosen []*member
	files, pids := map[target.FileID]bool{}, map[int]bool{}
	for _, p := range running {
		files[p.File], pids[p.PID] = true, true
		if m := f.see(ctx, p, now); m.state == found {
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

// unscanned is what a failed scan comes to: where processes could be found before, the
// next scan may find them again.
func (f *Fleet) unscanned(err error) error {
	if err == nil || !f.scanned && !scarce(err) {
		return err
	}
	f.shortage.say(f.log, "new processes cannot be found; trying again", err)
	return nil
}

// see makes a member of a process, or finds it, and judges whether it is to be
// watched, unless that is known.
func (f *Fleet) see(ctx context.Context, p target.Running, now time.Time) *member {
	m := f.members[p.PID]
	if m == nil {
		m = &member{pid: p.PID}
		f.members[p.PID] = m
	}
	if m.file != p.File && m.state != owned {
		m.file, m.retry, m.state = p.File, 0, found
	}
	rejectedStill := m.state == rejected && (m.retry == 0 || now.Sub(m.tried) < m.retry)
	if m.state == owned || m.state == examining || rejectedStill {
		return m
	}
	if p.PID == os.Getpid() {
		f.decide(m, target.ErrSelf)
	} else if why, known := f.executables.Known(p); known {
		f.decide(m, why)
	} else {
		m.state = examining
		go f.examine(ctx, p)
	}
	return m
}

// verdict says why a process cannot be watched, so far as its executable tells; nil
// if it can be.
type verdict struct {
	process target.Running
	why     error
}

// examine parses the executable of a process that nothing is known of, and hands on
// the verdict. Large executables take their time, and some file systems never answer.
func (f *Fleet) examine(ctx context.Context, p target.Running) {
	owner, err := target.Owner(p.PID)
	if err == nil {
		var release func()
		if release, err = f.judging.take(ctx, owner); err == nil {
			err = f.executables.Candidate(p)
			release()
		}
	}
	select {
	case f.verdicts <- verdict{p, err}:
	case <-f.closed:
	}
}

// enter takes note of a verdict, and returns its member if it is to be watched.
func (f *Fleet) enter(v verdict) *member {
	m := f.members[v.process.PID]
	if m == nil || m.state != examining || m.file != v.process.File {
		return nil // it has ended, or executes another file
	}
	if f.decide(m, v.why); m.state != found {
		return nil
	}
	return m
}

// decide says whether a member is to be watched. If that cannot be told, it is
// tried again.
func (f *Fleet) decide(m *member, why error) {
	m.state, m.why = rejected, why
	if why == nil && f.wants(m.pid) {
		m.state = found
	}
	var final *target.Error
	if why != nil && (transient(why) || !errors.As(why, &final)) && !errors.Is(why, target.ErrSelf) {
		m.later()
	}
}

// undecided reports whether a verdict is still to come.
func (f *Fleet) undecided() bool {
	for _, m := range f.members {
		if m.state == examining {
			return true
		}
	}
	return false
}

// later lets a member be tried again, each time after twice as long.
func (m *member) later() {
	m.tried = time.Now()
	m.retry = min(max(2*m.retry, firstRetry), lastRetry)
}

func (f *Fleet) wants(pid int) bool {
	exe, err := target.Executable(pid)
	return err == nil && f.selection.wants(pid, exe)
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
		ordinary := errors.Is(m.why, gobinary.ErrNotGo) || errors.Is(m.why, gobinary.ErrNoSDK) || errors.Is(m.why, target.ErrSelf)
		if m.state != rejected || m.why == nil || ordinary {
			continue
		}
		exe, _ := target.Executable(m.pid) // it may have ended
		list = append(list, Unobserved{PID: m.pid, Exe: exe, Why: m.why})
	}
	slices.SortFunc(list, func(x, y Unobserved) int { return cmp.Compare(x.PID, y.PID) })
	return list
}
