package target

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Running is a process as a scan sees it.
type Running struct {
	PID  int
	File FileID // that it executes
	Err  error  // why that is not known; nil if it is
}

// Scan lists the processes that execute a file, in no order. Kernel threads,
// zombies and what ends meanwhile are left out. It costs two system calls a
// process, so that it can be repeated every second: other sources would miss
// less of what lives for less than that, which nobody could watch.
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

// Known says of the process of a scan whether it can be observed, if that is known:
// nil, or why not. It looks at the executable only, and waits for nothing.
func (x *Executables) Known(p Running) (verdict error, known bool) {
	if p.Err != nil {
		return explain(p.Err, p.PID), true
	}
	e := x.find(p.File)
	if e == nil {
		return nil, false
	}
	return p.judged(e), true
}

// Candidate is Known for a process of which nothing is known yet: it parses the
// executable, once, which may take as long as that is large.
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
	return p.judged(x.judge(p.File, file, owner))
}

// judged is what an executable's examination means for a process.
func (p Running) judged(e *executable) error {
	if e.err == nil {
		return ofGuard(p.PID)
	}
	return ofProcess(e.err, p.PID, "")
}
