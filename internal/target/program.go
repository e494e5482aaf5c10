package target

import (
	"fmt"
	"os"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// program is what a process ran when it was examined: exec may replace it, by
// itself too, which neither the pid, nor the start time, nor the pidfd shows.
// The kernel ties an open /proc/PID/mem to the address space that was the
// process's then: a read at a mapped address succeeds until that is gone.
type program struct {
	memory  *os.File // nil where the host does not allow it
	address int64    // that is mapped in it
	file    unix.Stat_t
	exe     string
}

func openProgram(pid int) program {
	p := program{exe: exePath(pid)}
	if file, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid)); err == nil {
		p.memory = file
	}
	_ = unix.Stat(p.exe, &p.file)
	return p
}

// replaced reports whether the pid has another program now. The memory of a
// process that ends goes too, some time before the process does, and leaves it
// without an executable. Where memory may not be read, only another executable
// shows.
func (p program) replaced() bool {
	if p.memory != nil {
		if n, err := unix.Pread(int(p.memory.Fd()), make([]byte, 1), p.address); err != nil || n != 0 {
			return false
		}
		_, err := os.Readlink(p.exe)
		return err == nil
	}
	var now unix.Stat_t
	err := unix.Stat(p.exe, &now)
	return err == nil && (now.Dev != p.file.Dev || now.Ino != p.file.Ino)
}

func (p program) close() error {
	if p.memory == nil {
		return nil
	}
	return p.memory.Close()
}

// Replaced reports whether the process has begun another program, by exec, since
// it was examined. Nothing known of it holds any more then.
func (p *Process) Replaced() bool { return p.program.replaced() && !p.ended() }

// begun is an Error of Kind ErrStarting until the Go runtime has begun. Its main
// goroutine starts a thread of its own, sysmon, before anything else; by then
// the program is relocated and its module data verified. A child that another
// program has forked off and that is about to exec still looks like that
// program, but has one thread for all that time.
//
// Source: runtime/proc.go (main, schedinit), kernel/fork.c.
func (p *Process) begun(stat procfs.ProcStat) error {
	if stat.NumThreads > 1 {
		return nil
	}
	return &Error{PID: p.PID, Exe: p.Exe, Kind: ErrStarting, Says: " is just starting, its Go runtime has not begun; try again"}
}
