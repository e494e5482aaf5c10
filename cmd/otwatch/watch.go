package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/host"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// watch is all that is loaded and running.
type watch struct {
	session *probes.Session  // nil if no probes are asked for
	sampler *sampler.Sampler // nil if CPU time cannot be sampled
	fleet   *agent.Fleet
}

// Close detaches everything.
func (w *watch) Close() error {
	errs := []error{w.fleet.Close()}
	if w.sampler != nil {
		errs = append(errs, w.sampler.Close())
	}
	if w.session != nil {
		errs = append(errs, w.session.Close())
	}
	return errors.Join(errs...)
}

// startWatch finds what is to be watched and attaches to all that was asked for by
// pid, or to none.
func startWatch(ctx context.Context, config attachConfig, log *slog.Logger) (_ *watch, err error) {
	w := &watch{fleet: agent.NewFleet(config.selection, log)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
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
	return w, nil
}

// dropPrivileges gives up what is not needed from now on. Where that cannot be
// done watching goes on, with more than it needs.
func (w *watch) dropPrivileges(config attachConfig, log *slog.Logger) {
	keep := host.Kept{PerfEvents: w.session != nil && w.session.ByPerfEvents(), Files: config.pprof != "" || config.record != ""}
	if err := host.DropPrivileges(keep); err != nil {
		log.Warn("otwatch goes on with all its privileges", "err", err)
	}
}

// prepare loads what all targets share. Without CPU sampling the rest works,
// but nothing would be left to see without probes.
func (w *watch) prepare(config attachConfig, log *slog.Logger) (how agent.Config, err error) {
	how = agent.Config{
		Budget: config.budget, Interval: config.interval, Stretch: config.stretch, Log: log, Exporting: export.Configured(config.endpoint),
		Host: agent.NewHostCap(config.hostBudget, runtime.NumCPU()),
	}
	if config.unprobed {
		how.Unprobed = "no probes are placed (--no-uprobes)"
	} else if w.session, err = probes.NewSession(); err != nil {
		return how, err
	}
	if w.sampler, err = sampler.New(sampler.Hz(config.budget)); err != nil {
		if config.unprobed {
			return how, err
		}
		w.sampler, how.Unsampled = nil, err.Error()
		log.Warn("CPU time is not sampled", "err", err)
	}
	how.Sampler = w.sampler
	return how, nil
}

// openError is an error of finding what to watch.
func openError(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return hostError(err)
	}
	return targetError(err)
}

// watchError is an error of attaching to it, or of watching it.
func watchError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, memory.ErrEnded), errors.Is(err, fs.ErrNotExist):
		return targetError(fmt.Errorf("the process ended while otwatch attached: %w", err))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, memory.ErrForbidden):
		return hostError(err)
	case errors.Is(err, probes.ErrRefused):
		return targetError(err)
	}
	return err
}

// run watches, and hands what is seen to the recording, the output and the sender,
// until all targets have ended, the user has had enough, or ctx ends.
func (w *watch) run(ctx context.Context, figures *monitor.Monitor, record *recorder, out output, sender *export.Sender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	show := func(s snapshot.Snapshot) error {
		record.add(figures, s)
		if sender != nil {
			sender.Notify()
		}
		return out.interval(s)
	}
	var failed error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		failed = watchError(w.fleet.Run(ctx, show))
	}()
	err := out.run(ctx, ended)
	cancel()
	<-ended
	if sender != nil {
		sender.Update(figures.Totals()) // those not identified by now never will be
	}
	if err = errors.Join(failed, err); err != nil {
		return err
	}
	return out.end()
}
