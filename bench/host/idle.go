package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

const (
	idleSize = 100
	// idleSettles is after which all have been found and, if they are to be watched,
	// attached to, and their first windows are over.
	idleSettles = 15 * time.Second
)

// daemonSet is how the chart runs otwatch, with its default values; it looks at all processes,
// and selects the crowd only, by its name.
var daemonSet = []string{
	"attach", "--output=none", "--all", "--metrics=all", "--resource=host.name=node", "--resource=k8s.node.name=node", "--budget=1%", "--listen=127.0.0.1:0",
}

// idle is the DaemonSet on a node with Go processes that do not have the SDK: gofmt, which
// waits for its input. silent is the same with processes that have it and start no spans.
var (
	idle = row{
		name:    fmt.Sprintf("DaemonSet, %d Go processes without the SDK", idleSize),
		figures: []figure{{"otwatch's CPU", "% of a core", 0.2}, {"otwatch's RSS", "MB", 40}},
		measure: func(ctx context.Context, b *subject.Bench, cfg config) ([]float64, error) {
			crowd, err := subject.Gather(ctx, idleSize, "gofmt")
			if err != nil {
				return nil, err
			}
			return measureDaemonSet(ctx, b, cfg, crowd, "gofmt")
		},
	}
	silent = row{
		name:    fmt.Sprintf("DaemonSet, %d processes with the SDK and no spans", idleSize),
		figures: []figure{{"otwatch's CPU", "% of a core", 1.5}, {"otwatch's RSS", "MB", 100}},
		measure: func(ctx context.Context, b *subject.Bench, cfg config) ([]float64, error) {
			crowd, err := b.GatherTraced(ctx, idleSize, "-rate", "0")
			if err != nil {
				return nil, err
			}
			return measureDaemonSet(ctx, b, cfg, crowd, "restless")
		},
	}
)

// measureDaemonSet measures otwatch beside a crowd of this name, which it disperses.
func measureDaemonSet(ctx context.Context, b *subject.Bench, cfg config, crowd *subject.Crowd, name string) (_ []float64, err error) {
	defer func() { err = errors.Join(err, crowd.Disperse()) }()
	otwatch, err := b.Executable(subject.Otwatch)
	if err != nil {
		return nil, err
	}
	var complaints bytes.Buffer
	watch := exec.CommandContext(ctx, otwatch, append(slices.Clone(daemonSet), "--name="+name)...)
	watch.Stderr = &complaints
	if err := watch.Start(); err != nil {
		return nil, fmt.Errorf("start otwatch: %w", err)
	}
	time.Sleep(idleSettles)
	cpu, rss, err := useOf(watch.Process.Pid, cfg.duration)
	if err = errors.Join(err, watch.Process.Signal(syscall.SIGTERM), watch.Wait()); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, complaints.String())
	}
	return []float64{100 * cpu, rss / 1e6}, nil
}
