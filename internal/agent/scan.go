package agent

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/target"
)

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
