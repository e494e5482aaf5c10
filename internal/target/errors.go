package target

import (
	"errors"
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Why a process cannot be observed: the Kinds of an Error, for errors.Is. A
// process that may not be examined is none of them: such errors match
// fs.ErrPermission.
var (
	ErrNoProcess = errors.New("no such process")
	ErrThread    = errors.New("a thread, not a process")
	ErrZombie    = errors.New("a zombie")
	ErrSelf      = errors.New("otwatch itself")
	ErrStarting  = errors.New("just starting")
	ErrReplaced  = errors.New("its program was replaced")
	ErrNotGo     = errors.New("not a Go program")
	ErrNoSDK     = errors.New("no OpenTelemetry SDK")
	ErrPacked    = errors.New("a packed executable")
	ErrArch      = errors.New("architecture not supported")
	ErrSymbols   = errors.New("functions cannot be located with certainty")
	ErrTooLarge  = untrusted.ErrTooLarge
)

// Error says of one process, or of one executable, why it cannot be observed.
type Error struct {
	PID  int    // 0 where only an executable was examined
	Exe  string // "" where it is not known
	Kind error  // one of this package's Err values
	// Says is what is wrong and what to do. It follows the subject, so it
	// begins with a space or a colon.
	Says string
}

func (e *Error) Error() string {
	switch {
	case e.PID == 0:
		return "the executable" + e.Says
	case e.Exe == "":
		return fmt.Sprintf("pid %d%s", e.PID, e.Says)
	}
	return fmt.Sprintf("pid %d (%s)%s", e.PID, e.Exe, e.Says)
}

// Reason is what an error says, without the process that it says it of; "" for nil.
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

func notGo() error {
	return &Error{Kind: ErrNotGo, Says: " is not a Go program"}
}

// unlocated refuses an executable whose function table cannot be trusted, or a
// process whose code cannot be: a probe at a wrong address would corrupt it.
func unlocated(format string, arguments ...any) error {
	return &Error{Kind: ErrSymbols, Says: ": cannot locate its functions with certainty: " + fmt.Sprintf(format, arguments...)}
}

// ofProcess makes an Error about an executable one about a process.
func ofProcess(err error, pid int, exe string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return &Error{PID: pid, Exe: exe, Kind: e.Kind, Says: e.Says}
}
