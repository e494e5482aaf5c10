package target

import (
	"errors"
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Why a process cannot be observed, besides its executable: the Kinds of an Error, for
// errors.Is. A process that may not be examined has none of them: such errors match
// fs.ErrPermission.
var (
	ErrNoProcess = errors.New("no such process")
	ErrThread    = errors.New("a thread, not a process")
	ErrZombie    = errors.New("a zombie")
	ErrSelf      = errors.New("otwatch itself")
	ErrStarting  = errors.New("just starting")
	ErrReplaced  = errors.New("its program was replaced")
)

// Error is the reason why a process cannot be observed.
type Error struct {
	PID  int
	Exe  string // "" where it is not known
	Kind error  // one of this package's Err values, or of package gobinary's
	// Says is what is wrong and what to do. It follows the subject, so it
	// begins with a space or a colon.
	Says string
}

func (e *Error) Error() string {
	if e.Exe == "" {
		return fmt.Sprintf("pid %d%s", e.PID, e.Says)
	}
	return fmt.Sprintf("pid %d (%s)%s", e.PID, e.Exe, e.Says)
}

// Reason is the text of an error without the process that it is about; "" for nil.
func Reason(err error) string {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return untrusted.Text(strings.TrimLeft(e.Says, " :"), untrusted.MaxText)
	}
	return untrusted.Text(err.Error(), untrusted.MaxText)
}

func (e *Error) Unwrap() error { return e.Kind }

func noProcess(pid int) error {
	return &Error{PID: pid, Kind: ErrNoProcess, Says: ": no such process"}
}

func endedWhileExamined(pid int) error {
	return &Error{PID: pid, Kind: ErrNoProcess, Says: " ended while being examined"}
}

func replacedProgram(pid int, exe string) error {
	return &Error{PID: pid, Exe: exe, Kind: ErrReplaced, Says: " runs another program than the one that was examined; try again"}
}

// ofProcess makes an error about an executable an Error about a process that runs it.
func ofProcess(err error, pid int, exe string) error {
	var e *gobinary.Error
	if !errors.As(err, &e) {
		return err
	}
	return &Error{PID: pid, Exe: exe, Kind: e.Kind, Says: e.Says}
}
