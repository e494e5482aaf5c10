package target

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

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
	paths, mapsErr := untrusted.Get(&p.calls, func() ([]string, error) { return mappedCode(p.PID) }, nil)
	if mapsErr != nil {
		return err
	}
	for _, path := range paths {
		if path != p.Exe && p.hasSDK(path) {
			return &gobinary.Error{Kind: gobinary.ErrNoSDK, Says: fmt.Sprintf(" is a Go program that has the OpenTelemetry SDK in a plugin, %s, "+
				"and otwatch watches no plugins; build what the plugin does into the program itself to watch it", untrusted.Text(path, untrusted.MaxText))}
		}
	}
	return err
}

// hasSDK reports whether a file that the process has mapped is a Go plugin with the SDK.
func (p *Process) hasSDK(path string) bool {
	opened, err := p.calls.Open(fmt.Sprintf("/proc/%d/root%s", p.PID, path))
	if err != nil {
		return false
	}
	defer opened.Close()
	binary, err := gobinary.Read(file{opened, &p.calls})
	return err == nil && binary.RequireSDK() == nil
}

// mappedCode lists the files that a process has mapped as code.
func mappedCode(pid int) ([]string, error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	return parseMappedCode(maps)
}

// parseMappedCode takes the paths from lines such as
//
//	7f1c2a000000-7f1c2b000000 r-xp 00001000 fe:00 1234   /srv/plugins/orders.so
func parseMappedCode(maps io.Reader) (paths []string, err error) {
	lines := bufio.NewScanner(maps)
	for lines.Scan() && len(paths) < maxPlugins {
		fields := strings.SplitN(lines.Text(), " ", 6)
		if len(fields) < 6 || !strings.Contains(fields[1], "x") {
			continue
		}
		if path := strings.TrimLeft(fields[5], " "); strings.HasPrefix(path, "/") && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths, lines.Err()
}
