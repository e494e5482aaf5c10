package target

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
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
		var stat unix.Stat_t
		switch err := unix.Stat("/proc/"+name+"/exe", &stat); err {
		case nil:
			p.File = fileID(stat)
		case unix.ENOENT, unix.ESRCH:
			continue
		default:
			p.Err = os.NewSyscallError("stat "+exePath(pid), err)
		}
		processes = append(processes, p)
	}
	return processes, nil
}

// Candidate says of the process of a scan whether it can be observed: nil, or
// why not. It looks at the executable only, and parses it once.
func (x *Executables) Candidate(p Running) error {
	if p.Err != nil {
		return explain(p.Err, p.PID)
	}
	e := x.find(p.File)
	if e == nil {
		file, err := os.Open(exePath(p.PID))
		if err != nil {
			return explain(err, p.PID)
		}
		defer file.Close()
		if now, err := fileIDOf(file); err != nil || now != p.File {
			return endedWhileExamined(p.PID) // or executes another file, as the next scan shows
		}
		e = x.judge(p.File, file)
	}
	return ofProcess(e.err, p.PID, "")
}
