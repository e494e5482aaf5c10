package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/host"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/outfile"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// watch holds everything that is open, loaded and running.
type watch struct {
	config  atomic.Pointer[attachConfig] // as of the last reload
	out     *outbound
	host    *agent.HostCap
	record  *recorder
	profile *outfile.File    // nil: none
	output  *outfile.File    // nil: the output goes to a standard stream
	session *probes.Session  // nil: no probes
	sampler *sampler.Sampler // nil: CPU time cannot be sampled
	hz      int              // the frequency of samples
	fleet   *agent.Fleet
}

// detachLimit limits the time that detaching needs after all targets have been
// released.
const detachLimit = time.Minute

// Close closes the files and detaches everything. If a target had to be left behind, it
// detaches nothing: the kernel does when otwatch has ended.
func (w *watch) Close() error {
	errs := []error{w.record.close()}
	for _, file := range []*outfile.File{w.profile, w.output} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	if w.fleet.LeftBehind() > 0 {
		return errors.Join(errs...)
	}
	detached := make(chan error, 1)
	go func() { detached <- w.detach() }()
	select {
	case err := <-detached:
		return errors.Join(append(errs, err)...)
	case <-time.After(detachLimit):
		return errors.Join(append(errs, fmt.Errorf("detaching did not finish within %v; the kernel removes the probes", detachLimit))...)
	}
}

func (w *watch) detach() error {
	errs := []error{w.fleet.Close()}
	if w.sampler != nil {
		errs = append(errs, w.sampler.Close())
	}
	if w.session != nil {
		errs = append(errs, w.session.Close())
	}
	return errors.Join(errs...)
}

const (
	// startGrace is how long the start may go on after otwatch is asked to end, so that
	// there is a report, even if it has few figures.
	startGrace = 5 * time.Second
	// startLimit is how much longer than the duration of the watch the start may take.
	startLimit = 30 * time.Second
)

// errNotStarted says that otwatch gave up on the start.
var errNotStarted = errors.New("otwatch was stopped before it had attached; the kernel removes its probes")

// beginWatch calls start, but returns soon after ctx has ended, even if start hangs.
func beginWatch(ctx context.Context, duration time.Duration, start func() (*watch, error)) (*watch, error) {
	var w *watch
	var err error
	started := make(chan struct{})
	go func() {
		defer close(started)
		w, err = start()
	}()
	var late <-chan time.Time
	if duration > 0 {
		late = time.After(duration + startLimit)
	}
	select {
	case <-started:
		return w, err
	case <-late:
		return nil, errNotStarted
	case <-ctx.Done():
	}
	select {
	case <-started:
		return w, err
	case <-time.After(startGrace):
		return nil, errNotStarted
	}
}

// startWatch opens the files to write, finds the processes to watch, and attaches. It
// attaches to all processes that are given by pid, or to none.
func startWatch(ctx context.Context, config attachConfig, out *outbound, log *slog.Logger) (_ *watch, err error) {
	names, err := containerNames(config.runtime, log)
	if err != nil {
		return nil, err
	}
	w := &watch{
		fleet: agent.NewFleet(config.selection, names, log), record: &recorder{}, out: out,
		host: agent.NewHostCap(config.hostBudget, runtime.NumCPU()), hz: sampler.Hz(config.leastBudget()),
	}
	w.config.Store(&config)
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if err := w.openFiles(config, log); err != nil {
		return nil, err
	}
	if err := w.fleet.Find(ctx); err != nil {
		return nil, openError(err)
	}
	how, err := w.prepare(config, log)
	if err != nil {
		return nil, hostError(fmt.Errorf("%w; see otwatch doctor", err))
	}
	if err := w.fleet.Attach(ctx, w.session, how); err != nil {
		return nil, watchError(err)
	}
	if err := w.placeFiles(); err != nil {
		return nil, err
	}
	w.dropPrivileges(config, log)
	return w, nil
}

func (w *watch) openFiles(config attachConfig, log *slog.Logger) error {
	record, err := openRecorder(config, log)
	if err != nil {
		return err
	}
	w.record = record
	if config.pprof != "" {
		if w.profile, err = outfile.Open(config.pprof, config.force); err != nil {
			return fileError("--pprof", err)
		}
	}
	if config.outputFile != "" {
		if w.output, err = outfile.Open(config.outputFile, config.force); err != nil {
			return fileError("--"+outputFileFlag, err)
		}
	}
	return nil
}

// placeFiles gives the files that are written from now on their names.
func (w *watch) placeFiles() error {
	if err := w.record.place(); err != nil || w.output == nil {
		return err
	}
	if err := w.output.Place(); err != nil {
		return fmt.Errorf("--%s %w", outputFileFlag, err)
	}
	return nil
}

// outputTo is where the output goes if there is no file for it: to stream.
func (w *watch) outputTo(stream *os.File) *os.File {
	if w.output != nil {
		return w.output.File
	}
	return stream
}

// dropPrivileges gives up privileges that are not needed any more. If that fails,
// watching goes on with all of them.
func (w *watch) dropPrivileges(config attachConfig, log *slog.Logger) {
	keep := host.Kept{PerfEvents: w.session != nil && w.session.ByPerfEvents(), Files: config.pprof != ""}
	if err := host.DropPrivileges(keep); err != nil {
		log.Warn("otwatch could not drop privileges, and continues with all of them", "err", err)
	}
}

// prepare loads what all targets share. A failure of CPU sampling is an error only
// without probes, because nothing would be measured then.
func (w *watch) prepare(config attachConfig, log *slog.Logger) (how agent.Config, err error) {
	how = agent.Config{
		BudgetOf: func(t snapshot.Target) float64 { return w.config.Load().budgetOf(t) },
		Interval: config.interval, Stretch: config.stretch, Log: log, Exporting: w.out.sends, Host: w.host,
	}
	if config.unprobed {
		how.Unprobed = "no probes are placed (--no-uprobes)"
	} else if w.session, err = probes.NewSession(); err != nil {
		return how, err
	} else {
		w.session.Warn(func(err error) { log.Warn("probes are not guarded", "err", err) })
	}
	if w.sampler, err = sampler.New(w.hz); err != nil {
		if config.unprobed {
			return how, err
		}
		w.sampler, how.Unsampled = nil, err.Error()
		log.Warn("CPU time is not sampled", "err", err)
	}
	how.Sampler = w.sampler
	return how, nil
}

// openError is the error of finding processes to watch.
func openError(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return hostError(err)
	}
	return targetError(err)
}

// watchError is the error of attaching to a process or of watching it.
func watchError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, memory.ErrEnded), errors.Is(err, fs.ErrNotExist):
		return targetError(fmt.Errorf("the process ended while otwatch was attaching: %w", err))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, memory.ErrForbidden):
		return hostError(err)
	case errors.Is(err, probes.ErrRefused):
		return targetError(err)
	}
	return err
}

// run watches until all targets have ended, the user quits or ctx ends. It passes
// Snapshots to the recording, the output and the sender. If the output cannot be
// written any more, run ends only if nothing else is written.
func (w *watch) run(ctx context.Context, figures *monitor.Monitor, out output, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	others := func() bool { return w.out.sends() || w.record.file != nil || w.profile != nil }
	var over atomic.Bool
	show := func(s snapshot.Snapshot) error {
		if over.Load() { // its target was left behind
			return nil
		}
		w.record.add(figures, s, w.config.Load().limitsOf(s.Target))
		w.out.notify()
		if err := out.interval(s); !others() {
			return err
		}
		return nil // run returns it
	}
	var failed error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		failed = watchError(w.fleet.Run(ctx, show))
	}()
	shown := out.run(ctx, ended)
	if shown != nil && others() {
		log.Warn("output has stopped; watching continues", "err", shown)
		_ = silentOutput{}.run(ctx, ended) // which never fails
	}
	cancel()
	<-ended
	over.Store(true)
	w.out.update(figures.Totals()) // targets not identified by now never will be
	switch {
	case shown != nil:
		return shown
	case errors.Is(failed, errStdout), failed != nil && len(figures.Totals()) == 0:
		return failed
	}
	return errors.Join(failed, out.end())
}

// writeProfile writes the CPU samples, if a profile is asked for.
func (w *watch) writeProfile(figures *monitor.Monitor) error {
	if w.profile == nil {
		return nil
	}
	var written bytes.Buffer
	profile := export.Profile(figures.Snapshots())
	if err := errors.Join(profile.CheckValid(), profile.Write(&written)); err != nil {
		return fmt.Errorf("--pprof %s: %w", w.profile.Name(), err)
	}
	if err := newOutlet(w.profile).last(written.Bytes()); err != nil {
		return fmt.Errorf("--pprof %s: %w", w.profile.Name(), err)
	}
	if err := w.profile.Place(); err != nil {
		return fmt.Errorf("--pprof %w", err)
	}
	return nil
}
