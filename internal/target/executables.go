package target

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Executables parses executables, each once for all processes that run it. It keeps the
// files of those with the SDK open until they are forgotten: call Forget with what still
// runs, and Close at the end. Safe for concurrent use; the zero value is ready for use.
type Executables struct {
	// Symbols are functions that will be looked up in executables with the SDK. They are
	// found in the same pass as the SDK.
	Symbols []string

	mu    sync.Mutex
	known map[FileID]*executable
}

// executable is the result of examining one file.
type executable struct {
	parsed chan struct{} // closed when binary, err, file and id are set
	binary *gobinary.Binary
	err    error    // why its processes cannot be observed
	file   *os.File // nil unless binary can be read
	id     FileID   // of file
	users  int      // Processes that read it
	gone   bool     // it is forgotten: its last user closes the file
}

// examine returns what a file is, after it has been parsed. The file still belongs to the
// caller; owner is the user who runs it.
func (x *Executables) examine(id FileID, file *os.File, owner uint32) *executable {
	x.mu.Lock()
	if x.known == nil {
		x.known = map[FileID]*executable{}
	}
	e, known := x.known[id]
	if !known {
		e = &executable{parsed: make(chan struct{}), users: 1}
		x.known[id] = e
	}
	x.mu.Unlock()
	if known {
		<-e.parsed
		return e
	}
	e.parse(id, file, x.Symbols, owner)
	close(e.parsed)
	x.mu.Lock()
	defer x.mu.Unlock()
	e.users--
	var verdict *gobinary.Error
	if e.err != nil && !errors.As(e.err, &verdict) && x.known[id] == e {
		delete(x.known, id) // it could not be read: the next try may succeed
	}
	e.closeUnused()
	return e
}

// find returns what is known of a file, nil if it is not known yet.
func (x *Executables) find(id FileID) *executable {
	x.mu.Lock()
	e := x.known[id]
	x.mu.Unlock()
	if e == nil {
		return nil
	}
	select {
	case <-e.parsed:
		return e
	default:
		return nil
	}
}

// parse reads the file through a descriptor of its own, which stays open if the program
// can be observed.
func (e *executable) parse(id FileID, from *os.File, symbols []string, owner uint32) {
	own, err := reopen(from)
	if err != nil {
		e.err = err
		return
	}
	reader := file{own, &untrusted.Calls{Limit: callLimit, Owner: owner}}
	if e.binary, e.err = gobinary.Read(reader); e.err == nil {
		e.err = e.binary.RequireSDK(symbols...)
	}
	if e.err != nil {
		e.binary = nil
		own.Close()
		return
	}
	e.id, e.file = id, own
}

func reopen(file *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), file.Name()), nil
}

// use returns what an open file is. It can be read until release is called.
func (x *Executables) use(id FileID, file *os.File, owner uint32) (_ *executable, release func(), err error) {
	for {
		e := x.examine(id, file, owner)
		if e.err != nil {
			return nil, nil, e.err
		}
		x.mu.Lock()
		usable := !e.gone
		if usable {
			e.users++
		}
		x.mu.Unlock()
		if usable { // else it has just been forgotten
			return e, sync.OnceFunc(func() { x.release(e) }), nil
		}
	}
}

func (x *Executables) release(e *executable) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e.users--
	e.closeUnused()
}

// Forget drops all executables except those that running returns true for.
func (x *Executables) Forget(running func(FileID) bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, e := range x.known {
		if !running(id) {
			delete(x.known, id)
			e.gone = true
			e.closeUnused()
		}
	}
}

// Close forgets everything.
func (x *Executables) Close() { x.Forget(func(FileID) bool { return false }) }

// closeUnused closes the file of an executable that is forgotten and no longer read.
func (e *executable) closeUnused() {
	if e.gone && e.users == 0 && e.file != nil {
		_ = e.file.Close()
		e.file = nil
	}
}
