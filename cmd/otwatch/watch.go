package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/host"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// watch is all that is attached and running.
type watch struct {
	session  *probes.Session  // nil if no probes are asked for
	sampler  *sampler.Sampler // nil if CPU time cannot be sampled
	watchers []*agent.Watcher
}

// Close detaches everything.
func (w *watch) Close() error {
	var errs []error
	for _, watcher := range w.watchers {
		errs = append(errs, watcher.Close())
	}
	if w.sampler != nil {
		errs = append(errs, w.sampler.Close())
	}
	if w.session != nil {
		errs = append(errs, w.session.Close())
	}
	return errors.Join(errs...)
}

// watchAll attaches to all processes or to none.
func watchAll(processes []*target.Process, config attachConfig, log *slog.Logger) (*watch, error) {
	w, how, err := prepare(config, log)
	if err != nil {
		closeAll(processes)
		return nil, hostError(fmt.Errorf("%w; see otwatch doctor", err))
	}
	for i, p := range processes {
		watcher, err := agent.Watch(w.session, p, how)
		if err != nil {
			closeAll(processes[i:])
			return nil, errors.Join(watchError(err), w.Close())
		}
		w.watchers = append(w.watchers, watcher)
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
func prepare(config attachConfig, log *slog.Logger) (w *watch, how agent.Config, err error) {
	w = &watch{}
	how = agent.Config{Budget: config.budget, Interval: config.interval, Log: log, Exporting: export.Configured(config.endpoint)}
	if config.unprobed {
		how.Unprobed = "no probes are placed (--no-uprobes)"
	} else if w.session, err = probes.NewSession(); err != nil {
		return nil, how, err
	}
	if w.sampler, err = sampler.New(sampler.Hz(config.budget)); err != nil {
		if config.unprobed {
			return nil, how, err
		}
		w.sampler, how.Unsampled = nil, err.Error()
		log.Warn("CPU time is not sampled", "err", err)
	}
	how.Sampler = w.sampler
	return w, how, nil
}

func watchError(err error) error {
	switch {
	case errors.Is(err, memory.ErrEnded), errors.Is(err, fs.ErrNotExist):
		return targetError(fmt.Errorf("the process ended while otwatch attached: %w", err))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, memory.ErrForbidden):
		return hostError(err)
	case errors.Is(err, probes.ErrRefused):
		return targetError(err)
	}
	return err
}

// runAll runs the watchers and hands what they see to the recording, the output
// and the sender, until all have ended or ctx does.
func runAll(ctx context.Context, watchers []*agent.Watcher, figures *monitor.Monitor, record *recorder, out output, sender *export.Sender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	show := func(s snapshot.Snapshot) error {
		record.add(figures, s)
		if sender != nil {
			sender.Update(export.Identified(figures.Totals()))
		}
		return out.interval(s)
	}
	var wait sync.WaitGroup
	errs := make([]error, len(watchers))
	for i, w := range watchers {
		wait.Go(func() {
			if errs[i] = w.Run(ctx, show); errs[i] != nil {
				cancel()
			}
		})
	}
	ended := make(chan struct{})
	go func() { wait.Wait(); close(ended) }()
	err := out.run(ctx, ended)
	cancel()
	<-ended
	if sender != nil {
		sender.Update(figures.Totals())
	}
	if err = errors.Join(append(errs, err)...); err != nil {
		return err
	}
	return out.end()
}
