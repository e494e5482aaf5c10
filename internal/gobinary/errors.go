package gobinary

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Why an executable cannot be observed: the Kinds of an Error, for errors.Is.
var (
	ErrNotGo    = errors.New("not a Go program")
	ErrNoSDK    = errors.New("no OpenTelemetry SDK")
	ErrPacked   = errors.New("a packed executable")
	ErrArch     = errors.New("architecture not supported")
	ErrSymbols  = errors.New("functions cannot be located with certainty")
	ErrTooLarge = untrusted.ErrTooLarge
)

// Error is the reason why an executable cannot be observed.
type Error struct {
	Kind error // one of this package's Err values
	// Says is what is wrong and what to do. It follows the subject, so it
	// begins with a space or a colon.
	Says string
	// LoadsPlugins says that the SDK may be in a plugin, if Kind is ErrNoSDK.
	LoadsPlugins bool
}

func (e *Error) Error() string { return "the executable" + e.Says }

func (e *Error) Unwrap() error { return e.Kind }

func notGo() error {
	return &Error{Kind: ErrNotGo, Says: " is not a Go program"}
}

// Unlocated is the Error of Kind ErrSymbols for code whose addresses are not certain: a
// probe at a wrong address would corrupt the process.
func Unlocated(format string, arguments ...any) error {
	return &Error{Kind: ErrSymbols, Says: ": cannot locate its functions with certainty: " + fmt.Sprintf(format, arguments...)}
}
