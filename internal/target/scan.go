package target

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Running is a process that a scan has found.
type Running struct {
	PID  int
	File FileID // what it executes
	Err  error  // why that is not known; nil if it is
}

// Scan lists the processes that execute a file, in no order. It omits kernel threads,
// zombies and what ends meanwhile. It costs two system calls a process, so it can be
// repeated every second. Other sources of new processes would find more of those that
// live for less than that, which are too short to watch.
func Scan() ([]Running, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	processes := make([]Running, 0, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		p := Running{PID: pid}
		switch p.File, p.Err = statID(unix.AT_FDCWD, exePath(pid)); p.Err {
		case nil:
		case unix.ENOENT, unix.ESRCH:
			continue
		default:
			p.Err = os.NewSyscallError("stat "+exePath(pid), p.Err)
		}
		processes = append(processes, p)
	}
	return processes, nil
}

// Known returns whether a process of a scan can be observed, if that is known: nil, or
// why not. It considers the executable only, and does not wait.
func (x *Executables) Known(p Running) (verdict error, known bool) {
	if p.Err != nil {
		return explain(p.Err, p.PID), true
	}
	e := x.find(p.File)
	if e == nil {
		return nil, false
	}
	return p.verdict(e), true
}

// Candidate is Known for a process of which nothing is known yet. It parses the
// executable, which may last if that is large.
func (x *Executables) Candidate(p Running) error {
	if err, known := x.Known(p); known {
		return err
	}
	_, owner, err := leader(p.PID)
	if err != nil {
		return err
	}
	file, err := (&untrusted.Calls{Limit: callLimit, Owner: owner}).Open(exePath(p.PID))
	if err != nil {
		return explain(err, p.PID)
	}
	defer file.Close()
	if now, err := fileIDOf(file); err != nil || now != p.File {
		return endedWhileExamined(p.PID) // or executes another file, as the next scan shows
	}
	return p.verdict(x.examine(p.File, file, owner))
}

// verdict is the result of an executable's examination for a process that runs it.
func (p Running) verdict(e *executable) error {
	if e.err == nil {
		return ofGuard(p.PID)
	}
	return ofProcess(e.err, p.PID, "")
}
