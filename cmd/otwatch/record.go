package main

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/outfile"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// recorder writes Snapshots to a file and passes them on to the monitor. Without a file
// it only passes them on. A slow disk delays nobody.
type recorder struct {
	mu     sync.Mutex
	file   *outfile.File // nil: no recording
	out    *outlet
	writer *recording.Writer
	log    *slog.Logger
	slow   sync.Once // warn once about a slow disk
}

// openRecorder opens the file and begins the recording.
func openRecorder(config attachConfig, log *slog.Logger) (*recorder, error) {
	if config.record == "" {
		return &recorder{}, nil
	}
	file, err := outfile.Open(config.record, config.force)
	if err != nil {
		return nil, fileError("--record", err)
	}
	r := &recorder{file: file, out: newOutlet(file), log: log}
	header := recording.Header{Version: version(), CPUs: runtime.NumCPU(), Limits: config.limits}
	r.writer, err = recording.NewWriter(r.out, header, recording.Limit)
	if err = errors.Join(err, r.out.flush()); err != nil {
		return nil, errors.Join(fmt.Errorf("--record %s: %w", config.record, err), file.Close())
	}
	return r, nil
}

// place gives the recording its name. Until then an existing file of that name is
// unchanged.
func (r *recorder) place() error {
	if r.file == nil {
		return nil
	}
	if err := r.file.Place(); err != nil {
		return fmt.Errorf("--record %w", err)
	}
	return nil
}

// add passes s to the recording and to the monitor in the same order, so that a replay
// has the targets in the monitor's order. The evaluation, which may be slow, blocks no
// other target. Impossible figures, which a target's memory may contain, are cut as a
// replay cuts them.
func (r *recorder) add(figures *monitor.Monitor, s snapshot.Snapshot, limits report.Limits) {
	judge := r.enter(figures, s.Bounded(), limits)
	judge()
}

func (r *recorder) enter(figures *monitor.Monitor, s snapshot.Snapshot, limits report.Limits) (judge func()) {
	if r.file == nil {
		return figures.EnterBy(s, limits)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	judge = figures.EnterBy(s, limits)
	if r.out.full() {
		r.writer.Skip()
		r.slow.Do(func() {
			r.log.Warn("the recording has gaps because the disk is too slow", "file", r.file.Name())
		})
		return judge
	}
	switch err := r.writer.Write(s, limits); {
	case errors.Is(err, recording.ErrOversized):
		r.log.Warn("a snapshot was not recorded; the recording continues", "file", r.file.Name(), "err", err)
	case err != nil:
		r.log.Warn("the recording has stopped; watching continues", "file", r.file.Name(), "err", err)
	}
	return judge
}

// close ends the recording. It fails if any part of it was not written.
func (r *recorder) close() error {
	if r.file == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err := errors.Join(r.out.flush(), r.writer.Close())
	if err == nil {
		err = r.out.flush()
	}
	if !errors.Is(err, errNoRoom) { // otherwise closing might wait, too
		err = errors.Join(err, r.file.Close())
	}
	if err != nil {
		return fmt.Errorf("--record %s: %w", r.file.Name(), err)
	}
	return nil
}

// fileError is the error of opening a file that a flag names.
func fileError(flag string, err error) error {
	err = fmt.Errorf("%s %w", flag, err)
	if errors.Is(err, outfile.ErrRefused) {
		return usageError(err)
	}
	return err
}
