package target

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Audit is what an executable says without a process.
type Audit struct {
	Path string
	gobinary.Description
	// Telemetry are the modules of Description that Modules returns.
	Telemetry []snapshot.Module
	// Found are the functions that the caller asked for, and that the executable has.
	Found []string
	// Refused is why processes that run it cannot be watched, as the error of Open; nil if they
	// can.
	Refused error
	// Unsized is why the layouts of the SDK's structs are not known, without which some figures
	// are missing; nil if they are, or if Refused is not.
	Unsized error
	// Defects are the known ones, the most severe first; Unknown are modules whose versions, and
	// so whose defects, are not known.
	Defects []defects.Found
	Unknown []string
}

// AuditFile examines an executable at rest, of any architecture. symbols are functions to look
// for. The error is about the file, or an Error of package gobinary if it is no Go program.
func AuditFile(path string, symbols ...string) (Audit, error) {
	calls := &untrusted.Calls{Limit: callLimit, Owner: uint32(os.Getuid())}
	opened, err := untrusted.Get(calls, func() (*os.File, error) { return openRegular(path) }, func(f *os.File) { _ = f.Close() })
	if err != nil {
		return Audit{}, err
	}
	defer opened.Close()
	a := Audit{Path: path}
	reader := file{opened, calls}
	if a.Description, err = gobinary.Describe(reader); err != nil {
		return Audit{}, err
	}
	a.Telemetry = Modules(a.Description)
	linked, err := a.examine(reader, symbols)
	if err != nil {
		return Audit{}, err
	}
	a.Defects, a.Unknown = defects.Find(a.Telemetry, linked), defects.Unknown(a.Telemetry)
	if a.Refused == nil {
		_, a.Unsized = layout.SDK.Of(a.SDKVersion)
	}
	return a, nil
}

// examine finds out whether processes can be watched, as Open does, and which functions with
// defects there are: all of them, if functions cannot be located.
func (a *Audit) examine(reader file, symbols []string) (linked []string, err error) {
	binary, err := gobinary.Read(reader)
	if err == nil {
		a.Refused = binary.RequireSDK(slices.Concat(symbols, defects.Functions())...)
	} else {
		a.Refused = err
	}
	var verdict *gobinary.Error
	if a.Refused != nil && !errors.As(a.Refused, &verdict) {
		return nil, a.Refused // of reading the file
	}
	if binary == nil || errors.Is(a.Refused, gobinary.ErrTooLarge) {
		return defects.Functions(), nil
	}
	found, err := binary.Functions(symbols...)
	if err != nil {
		return nil, err
	}
	a.Found = slices.Sorted(maps.Keys(found))
	return Linked(binary)
}

// openRegular opens a file without waiting for a writer, as opening a FIFO would.
func openRegular(path string) (*os.File, error) {
	opened, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := opened.Stat()
	switch {
	case err == nil && info.IsDir():
		err = &fs.PathError{Op: "read", Path: path, Err: syscall.EISDIR}
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no regular file", path)
	}
	if err != nil {
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}
