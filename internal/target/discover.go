package target

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Found is a running process, and what is known of it without attaching.
type Found struct {
	PID                        int
	Exe, GoVersion, SDKVersion string // empty where they are not known
	Identity                          // of a process with the SDK; else zero
	// Defects are the known ones of its modules; nil without the SDK.
	Defects []defects.Found
	// Err is why the process cannot be observed, as the error of Open; nil for a process
	// with the OpenTelemetry Go SDK.
	Err error
}

// Discover lists all processes that execute a file, by pid, except otwatch itself. An
// executable that several processes share is parsed once.
func Discover() ([]Found, error) {
	executables := Executables{Symbols: defects.Functions()}
	defer executables.Close()
	running, err := Scan()
	if err != nil {
		return nil, err
	}
	found := executables.lookAtAll(slices.DeleteFunc(running, func(p Running) bool { return p.PID == os.Getpid() }))
	found = slices.DeleteFunc(found, func(f Found) bool { return hasEnded(f.Err) || errors.Is(f.Err, ErrSelf) })
	slices.SortFunc(found, func(x, y Found) int { return cmp.Compare(x.PID, y.PID) })
	return found, nil
}

// lookers is how many processes are examined at once, since some may be slow to answer.
const lookers = 8

// lookAtAll examines processes, several at once.
func (x *Executables) lookAtAll(running []Running) []Found {
	found := make([]Found, len(running))
	var workers sync.WaitGroup
	next := make(chan int)
	for range lookers {
		workers.Go(func() {
			for i := range next {
				found[i] = x.look(running[i])
			}
		})
	}
	for i := range running {
		next <- i
	}
	close(next)
	workers.Wait()
	return found
}

// look examines one process.
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
	if e := x.find(p.File); e != nil {
		f.GoVersion, f.SDKVersion = e.binary.GoVersion, e.binary.SDKVersion
		if linked, err := Linked(e.binary); err == nil {
			f.Defects = defects.Find(Modules(e.binary.Description), linked)
		}
	}
	f.Identity, f.Err = Identify(p.PID)
	return f
}

// Executable is the path of a process's executable as the process sees it. It is for
// display and for selection by name.
func Executable(pid int) (string, error) {
	exe, err := os.Readlink(exePath(pid))
	return untrusted.Text(strings.TrimSuffix(exe, " (deleted)"), untrusted.MaxText), err
}

// hasEnded reports whether an error means that the process no longer exists.
func hasEnded(err error) bool { return errors.Is(err, ErrNoProcess) }
