package target

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
)

// Found is a running process and what is known of it without attaching.
type Found struct {
	PID                                     int
	ServiceName, Exe, GoVersion, SDKVersion string // empty where they are not known
	// Err is why the process cannot be observed, as Open would say; nil for one
	// that carries the OpenTelemetry Go SDK.
	Err error
}

// Discover lists all processes that execute a file, by pid, without otwatch
// itself. An executable that many processes share is parsed once.
func Discover() ([]Found, error) {
	var executables Executables
	defer executables.Close()
	running, err := Scan()
	if err != nil {
		return nil, err
	}
	found := make([]Found, 0, len(running))
	for _, p := range running {
		if p.PID == os.Getpid() {
			continue
		}
		if f := executables.look(p); !hasEnded(f.Err) {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(x, y Found) int { return cmp.Compare(x.PID, y.PID) })
	return found, nil
}

// look finds out about one process.
func (x *Executables) look(p Running) Found {
	f := Found{PID: p.PID, Err: x.Candidate(p)}
	exe, err := Executable(p.PID)
	if err != nil {
		f.Err = cmp.Or(f.Err, explain(err, p.PID))
		return f
	}
	f.Exe = exe
	if f.Err != nil {
		return f
	}
	b := x.find(p.File).binary
	f.GoVersion, f.SDKVersion = b.GoVersion, b.SDKVersion
	f.ServiceName, f.Err = serviceOf(p.PID, f.Exe)
	return f
}

// Executable is the path of a process's executable as the process sees it, for
// people, and for telling by its name.
func Executable(pid int) (string, error) {
	exe, err := os.Readlink(exePath(pid))
	return strings.TrimSuffix(exe, " (deleted)"), err
}

// serviceOf is what the process's environment calls its service.
func serviceOf(pid int, exe string) (string, error) {
	proc, err := procfs.NewProc(pid)
	if err != nil {
		return "", explain(err, pid)
	}
	environ, err := proc.Environ()
	if err != nil {
		return "", explain(err, pid)
	}
	stat, err := proc.Stat()
	if err != nil {
		return "", explain(err, pid)
	}
	cgroups, err := proc.Cgroups()
	if err != nil {
		return "", explain(err, pid)
	}
	return identity(environ, cgroups, exe, stat.PPID == 1).ServiceName, nil
}

// hasEnded reports whether there is no such process any more.
func hasEnded(err error) bool { return errors.Is(err, ErrNoProcess) }
