package agent

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// state is how far the Fleet has got with a process.
type state int

const (
	found     state = iota
	examining       // its executable is being parsed; a verdict will come
	rejected        // it cannot be watched, or is not selected
	owned           // a goroutine owns it, which examines, attaches to and watches it
)

// member is a process that the Fleet knows of.
type member struct {
	pid   int
	asked bool          // it was selected by its pid, or began
	began *beginning    // it is stopped until it is attached to, or cannot be; nil: it runs
	file  target.FileID // what it executed when it was found
	state state
	why   error         // of rejected; nil if it is not selected
	retry time.Duration // the wait before the next try; 0: none before it executes another file
	tried time.Time
	// release ends the watching of a member that is owned.
	release context.CancelCauseFunc
}

// scan finds the processes that run, forgets those that have ended, and returns the members
// that are to be watched. Executables that are not known yet are examined in the background
// and yield verdicts.
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

// unscanned is the error of a failed scan: nil where an earlier scan succeeded, as the next
// one may too.
func (f *Fleet) unscanned(err error) error {
	if err == nil || !f.scanned && !scarce(err) {
		return err
	}
	f.shortage.log(f.log, "new processes cannot be found; trying again", err)
	return nil
}

// see returns the member of a process, which it adds if it is new, and decides whether the
// process is to be watched, unless that is decided.
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
		f.decide(m, false, target.ErrSelf)
	} else if why, known := f.executables.Known(p); known && why != nil {
		f.decide(m, false, why)
	} else if known && !f.selection.Load().beyondNames() {
		wanted, err := f.wants(ctx, p.PID)
		f.decide(m, wanted, err)
	} else {
		m.state = examining
		go f.examine(ctx, p)
	}
	return m
}

// verdict is the result of examining a process's executable and, if the selection depends
// on that, its pod.
type verdict struct {
	process target.Running
	by      *Selection // that decided, or an earlier one
	wanted  bool       // the process is to be watched
	why     error      // why it cannot be watched; nil if it can be, or is not selected
}

// examine parses the executable of a process and sends the verdict. It may last: some
// executables are large, and some file systems never answer.
func (f *Fleet) examine(ctx context.Context, p target.Running) {
	owner, err := target.Owner(p.PID)
	if err == nil {
		var release func()
		if release, err = f.parsing.acquire(ctx, owner); err == nil {
			err = f.executables.Candidate(p)
			release()
		}
	}
	by, wanted := f.selection.Load(), false
	if err == nil {
		wanted, err = f.wants(ctx, p.PID)
	}
	select {
	case f.verdicts <- verdict{p, by, wanted, err}:
	case <-f.closed:
	}
}

// addVerdict takes in a verdict, and returns its member if it is to be watched. One by a former
// selection does not count: the next scan finds the process again.
func (f *Fleet) addVerdict(v verdict) *member {
	m := f.members[v.process.PID]
	if m == nil || m.state != examining || m.file != v.process.File {
		return nil // it has ended, or executes another file
	}
	if v.by != f.selection.Load() {
		delete(f.members, m.pid)
		return nil
	}
	if f.decide(m, v.wanted, v.why); m.state != found {
		return nil
	}
	return m
}

// decide sets whether a member is to be watched, and if not, why it cannot be. If why may not
// last, it is tried again.
func (f *Fleet) decide(m *member, wanted bool, why error) {
	m.state, m.why = rejected, why
	if wanted {
		m.state = found
	}
	var final *target.Error
	if why != nil && (transient(why) || !errors.As(why, &final)) && !errors.Is(why, target.ErrSelf) {
		m.later()
	}
}

// undecided reports whether a verdict is outstanding.
func (f *Fleet) undecided() bool {
	for _, m := range f.members {
		if m.state == examining {
			return true
		}
	}
	return false
}

// later schedules the next try of a member, each time after twice the wait.
func (m *member) later() {
	m.tried = time.Now()
	m.retry = min(max(2*m.retry, firstRetry), lastRetry)
}

// errNoPod is the error of a process in a pod whose name is not known, where the selection
// depends on that. The runtime may name it later.
var errNoPod = errors.New("it runs in a pod whose name is not known; make the container runtime's socket or /var/log/containers available to otwatch")

// wants reports whether a process with the SDK is selected by anything but its pid. If the
// selection depends on its pod, that may wait for container runtimes.
func (f *Fleet) wants(ctx context.Context, pid int) (bool, error) {
	exe, err := target.Executable(pid)
	if err != nil {
		return false, nil // it has ended
	}
	selection := f.selection.Load()
	unnamed := false
	wanted := selection.wants(pid, exe, sync.OnceValue(func() snapshot.Target {
		process, err := target.Identify(pid)
		if err != nil {
			return snapshot.Target{}
		}
		if selection.podsMatter() {
			process.Name(ctx, f.containers)
			unnamed = process.Kubernetes.PodUID != "" && process.Kubernetes.PodName == ""
		}
		return snapshot.Target{
			PID: pid, Exe: exe, ServiceName: process.ServiceName, Cgroup: process.Cgroup, Kubernetes: process.Kubernetes, PodLabels: process.PodLabels,
		}
	}))
	if unnamed && !wanted {
		return false, errNoPod
	}
	return wanted, nil
}

// Unobserved is a process that is, or may be, selected and cannot be watched.
type Unobserved struct {
	PID int
	Exe string
	Why error
}

// Unobserved lists, by pid, the processes that cannot be watched, without those that are
// no Go programs or do not have the SDK. It must not be called while Run runs.
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
