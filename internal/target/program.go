package target

import (
	"errors"
	"fmt"
	"os"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// program is what a process ran when it was examined. An exec may have replaced it since,
// even by the same program, which shows neither in the pid, nor in the start time, nor in
// the pidfd. The kernel ties an open /proc/PID/mem to the address space of that time: a
// read at a mapped address succeeds until the address space is gone.
type program struct {
	memory  *os.File // nil where the host does not allow it
	address int64    // an address that is mapped in it
	file    FileID
	exe     string
}

func openProgram(pid int, calls *untrusted.Calls) program {
	p := program{exe: exePath(pid)}
	if file, err := calls.Open(fmt.Sprintf("/proc/%d/mem", pid)); err == nil {
		p.memory = file
	}
	p.file, _ = statID(unix.AT_FDCWD, p.exe)
	return p
}

// runs reports whether the process still has the program's memory. It may hang, as any
// read of memory may.
func (p program) runs() bool {
	if p.memory != nil {
		n, err := unix.Pread(int(p.memory.Fd()), make([]byte, 1), p.address)
		return err != nil || n != 0
	}
	now, err := statID(unix.AT_FDCWD, p.exe)
	return err != nil || now == p.file
}

func (p program) close() error {
	if p.memory == nil {
		return nil
	}
	return p.memory.Close()
}

// Same returns nil while the process runs the program that was examined: what was read
// before the call was that program's. Otherwise the error is an Error of Kind
// ErrNoProcess or ErrReplaced, or untrusted.ErrUnresponsive.
func (p *Process) Same() error {
	runs, err := untrusted.Get(&p.calls, func() (bool, error) { return p.program.runs(), nil }, nil)
	if err != nil || runs && !p.Ended() {
		return err
	}
	return p.gone()
}

// gone is the error for a program that no longer runs. A process that ends loses its
// memory some time before it is gone, and its executable with it.
func (p *Process) gone() error {
	if _, err := os.Readlink(p.program.exe); err != nil || p.Ended() {
		return endedWhileExamined(p.PID)
	}
	return replacedProgram(p.PID, p.Exe)
}

// Replaced reports whether the process has replaced its program since it was examined.
// Nothing that is known of it is valid then.
func (p *Process) Replaced() bool { return errors.Is(p.Same(), ErrReplaced) }

// Reader reads the memory of the program that was examined, never that of another program
// that the process, or another process with its pid, runs by then.
func (p *Process) Reader() memory.Reader {
	return memory.Reader{PID: p.PID, Calls: &p.calls, Verify: func() error {
		if p.program.runs() {
			return nil
		}
		return p.gone()
	}}
}

// begun returns an Error of Kind ErrStarting until the Go runtime has begun. The main
// goroutine first starts a thread, sysmon; by then the program is relocated and its
// module data verified. A child that another program has forked, and that has not called
// exec yet, looks like that program, but has one thread for all that time.
//
// Source: runtime/proc.go (main, schedinit), kernel/fork.c.
func (p *Process) begun(stat procfs.ProcStat) error {
	if stat.NumThreads > 1 {
		return nil
	}
	return &Error{PID: p.PID, Exe: p.Exe, Kind: ErrStarting, Says: " is just starting, its Go runtime has not begun; try again"}
}
