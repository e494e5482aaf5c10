package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/target"
)

// openTargets opens the processes asked for. One by pid must be there and fit;
// of those found by name, what ends meanwhile is left out.
func openTargets(config attachConfig) (processes []*target.Process, err error) {
	defer func() {
		if err != nil {
			closeAll(processes)
		}
	}()
	for _, pid := range config.pids {
		p, err := target.Open(pid)
		if err != nil {
			return processes, openError(err)
		}
		processes = append(processes, p)
	}
	if len(config.names) == 0 {
		return processes, nil
	}
	found, err := target.Discover()
	if err != nil {
		return processes, err
	}
	for _, f := range found {
		if f.Err != nil || !matches(config.names, f.Exe) || slices.Contains(config.pids, f.PID) {
			continue
		}
		if p, err := target.Open(f.PID); err == nil {
			processes = append(processes, p)
		}
	}
	if len(processes) == 0 {
		return nil, targetError(fmt.Errorf("no running Go process with the OpenTelemetry SDK is called %s; otwatch list shows what there is",
			strings.Join(config.names, " or ")))
	}
	return processes, nil
}

func matches(globs []string, exe string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		ok, _ := path.Match(glob, filepath.Base(exe))
		return ok
	})
}

func openError(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return hostError(err)
	}
	return targetError(err)
}

func closeAll(processes []*target.Process) {
	for _, p := range processes {
		_ = p.Close()
	}
}
