package target

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxPlugins bounds the files that are examined as plugins.
const maxPlugins = 16

// orInPlugin is the error of an executable without the SDK or, if the SDK is in a plugin that it
// has loaded (go build -buildmode=plugin), an error that names the plugin. A plugin is not
// watched: it has the SDK's functions, and its host those of the runtime, and no table has both.
func (p *Process) orInPlugin(err error) error {
	var e *gobinary.Error
	if !errors.As(err, &e) || !e.LoadsPlugins {
		return err
	}
	all, mapsErr := untrusted.Get(&p.calls, func() ([]mapping, error) { return mappedCode(p.PID) }, nil)
	if mapsErr != nil {
		return err
	}
	for _, m := range all {
		if m.path != p.Exe && p.hasSDK(m) {
			return &gobinary.Error{Kind: gobinary.ErrNoSDK, Says: fmt.Sprintf(" is a Go program that has the OpenTelemetry SDK in a plugin, %s, "+
				"and otwatch watches no plugins; build what the plugin does into the program itself to watch it", untrusted.Text(m.path, untrusted.MaxText))}
		}
	}
	return err
}

// hasSDK reports whether a file that the process has mapped is a Go plugin with the SDK.
func (p *Process) hasSDK(m mapping) bool {
	opened, err := untrusted.Get(&p.calls, func() (*os.File, error) { return openMapped(p.PID, m) }, func(f *os.File) { _ = f.Close() })
	if err != nil {
		return false
	}
	defer opened.Close()
	binary, err := gobinary.Read(file{opened, &p.calls})
	return err == nil && binary.RequireSDK() == nil
}

// errNoFile is the error of a mapping of something else than a regular file.
var errNoFile = errors.New("not a regular file")

// openMapped opens the file that a process has mapped, not what its path leads to: the process
// may choose that, and have it lead to a device, or to a file that only otwatch may read. It needs
// CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
func openMapped(pid int, m mapping) (*os.File, error) {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/map_files/%x-%x", pid, m.from, m.until), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open", err)
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, errNoFile
	}
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", fd))
}

// mapping is a file that a process has mapped at some addresses.
type mapping struct {
	from, until uint64
	path        string // for display
}

// mappedCode lists the files that a process has mapped as code, each once.
func mappedCode(pid int) ([]mapping, error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	return parseMappedCode(maps)
}

// parseMappedCode takes the mappings from lines such as
//
//	7f1c2a000000-7f1c2b000000 r-xp 00001000 fe:00 1234   /srv/plugins/orders.so
func parseMappedCode(maps io.Reader) (all []mapping, err error) {
	lines := mapLines(maps)
	for lines.Scan() && len(all) < maxPlugins {
		fields := strings.SplitN(lines.Text(), " ", 6)
		if len(fields) < 6 || !strings.Contains(fields[1], "x") {
			continue
		}
		m := mapping{path: strings.TrimLeft(fields[5], " ")}
		if !strings.HasPrefix(m.path, "/") || slices.ContainsFunc(all, func(other mapping) bool { return other.path == m.path }) {
			continue
		}
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &m.from, &m.until); err == nil {
			all = append(all, m)
		}
	}
	return all, lines.Err()
}
