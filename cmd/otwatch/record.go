package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"

	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// recorder writes what the monitor is told to a file. Without one it only
// passes it on.
type recorder struct {
	mu     sync.Mutex
	file   *os.File // nil: no recording
	writer *recording.Writer
	log    *slog.Logger
}

func startRecorder(config attachConfig, log *slog.Logger) (*recorder, error) {
	path := config.record
	if path == "" {
		return &recorder{}, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	header := recording.Header{Version: version(), CPUs: runtime.NumCPU(), Limits: config.limits}
	writer, err := recording.NewWriter(file, header, recording.Limit)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--record %s: %w", path, err), file.Close())
	}
	return &recorder{file: file, writer: writer, log: log}, nil
}

// add gives s to the recording and to the monitor: in one order, so that a
// replay has the targets in the monitor's. The judgement, which may take long, keeps
// no other target waiting.
func (r *recorder) add(figures *monitor.Monitor, s snapshot.Snapshot) {
	judge := r.enter(figures, s)
	judge()
}

func (r *recorder) enter(figures *monitor.Monitor, s snapshot.Snapshot) (judge func()) {
	if r.file == nil {
		return figures.Enter(s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	judge = figures.Enter(s)
	if err := r.writer.Write(s); err != nil {
		r.log.Warn("the recording stops; watching goes on", "file", r.file.Name(), "err", err)
	}
	return judge
}

// close ends the recording; it fails if any of it was not written.
func (r *recorder) close() error {
	if r.file == nil {
		return nil
	}
	if err := errors.Join(r.writer.Close(), r.file.Close()); err != nil {
		return fmt.Errorf("--record %s: %w", r.file.Name(), err)
	}
	return nil
}
