package target

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Found is a running process that carries the OpenTelemetry Go SDK.
type Found struct {
	PID                                     int
	ServiceName, Exe, GoVersion, SDKVersion string
}

// Discover lists the processes that Open would accept, by pid, without otwatch
// itself. An executable that many processes share is parsed once. Processes
// that could not be examined, for want of rights or because their executable
// is damaged, are counted as unreadable; kernel threads and processes that
// ended meanwhile are not.
func Discover() (found []Found, unreadable int, err error) {
	processes, err := procfs.AllProcs()
	if err != nil {
		return nil, 0, err
	}
	d := discovery{executables: map[fileID]verdict{}}
	for _, proc := range processes {
		if proc.PID == os.Getpid() {
			continue
		}
		switch f, err := d.examine(proc); {
		case err == nil:
			found = append(found, f)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
		case errors.Is(err, ErrNotGo), errors.Is(err, ErrPacked), errors.Is(err, ErrNoSDK), errors.Is(err, ErrArch):
		default:
			unreadable++
		}
	}
	slices.SortFunc(found, func(x, y Found) int { return cmp.Compare(x.PID, y.PID) })
	return found, unreadable, nil
}

// fileID is a file's device and inode.
type fileID struct{ device, inode uint64 }

// verdict is what one executable turned out to be.
type verdict struct {
	binary *Binary // its file is closed: only the fields can be used
	err    error
}

type discovery struct{ executables map[fileID]verdict }

func (d *discovery) examine(proc procfs.Proc) (Found, error) {
	stat, err := proc.Stat()
	if err != nil {
		return Found{}, err
	}
	if isKernelThread(stat) { // without rights its missing executable looks like a forbidden one
		return Found{}, notGo()
	}
	exe, err := os.Readlink(exePath(proc.PID))
	if err != nil {
		return Found{}, err
	}
	b, err := d.executable(exePath(proc.PID))
	if err != nil {
		return Found{}, err
	}
	environ, err := proc.Environ()
	if err != nil {
		return Found{}, err
	}
	cgroups, err := proc.Cgroups()
	if err != nil {
		return Found{}, err
	}
	exe = strings.TrimSuffix(exe, " (deleted)")
	return Found{
		PID: proc.PID, ServiceName: identity(environ, cgroups, exe, stat.PPID == 1).ServiceName, Exe: exe,
		GoVersion: b.GoVersion, SDKVersion: b.SDKVersion,
	}, nil
}

// executable parses a file unless it has been before.
func (d *discovery) executable(path string) (*Binary, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return nil, err
	}
	id := fileID{device: stat.Dev, inode: stat.Ino}
	v, known := d.executables[id]
	if !known {
		v.binary, v.err = ReadBinary(file)
		if v.err == nil {
			v.err = v.binary.requireSDK()
		}
		d.executables[id] = v
	}
	return v.binary, v.err
}
