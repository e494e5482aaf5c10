package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// sent is what sending the metrics of many targets takes: otwatch with an endpoint, compared
// with otwatch without, one after the other on the same targets.
func (c crowd) sent(cpu, rss float64) row {
	return row{
		name: fmt.Sprintf("attach --all --endpoint, %v, over HTTP every 10 s", c),
		figures: []figure{
			{"sending adds to otwatch's CPU", "% of a core", cpu},
			{"sending adds to otwatch's RSS", "MB", rss},
		},
		measure: c.measureSending,
	}
}

func (c crowd) measureSending(ctx context.Context, b *subject.Bench, cfg config) (_ []float64, err error) {
	targets, err := c.gather(ctx, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, targets.Disperse()) }()
	cpu, rss, err := c.use(ctx, b, cfg)
	if err != nil {
		return nil, err
	}
	sendingCPU, sendingRSS, err := c.use(ctx, b, cfg, "--endpoint", "http://"+b.OverHTTP())
	return []float64{100 * (sendingCPU - cpu), (sendingRSS - rss) / 1e6}, err
}

// use is what otwatch with some arguments uses.
func (c crowd) use(ctx context.Context, b *subject.Bench, cfg config, args ...string) (cpu, rss float64, err error) {
	err = c.while(ctx, b, cfg, func(watch *exec.Cmd) (err error) {
		cpu, rss, err = useOf(watch.Process.Pid, cfg.duration)
		return err
	}, args...)
	return cpu, rss, err
}

// while runs otwatch with some arguments, and measures when it has settled.
func (c crowd) while(ctx context.Context, b *subject.Bench, cfg config, measure func(*exec.Cmd) error, args ...string) error {
	watch, err := c.watch(ctx, b, cfg, append([]string{"--output", "none"}, args...)...)
	if err != nil {
		return err
	}
	if err := watch.Start(); err != nil {
		return fmt.Errorf("start otwatch: %w", err)
	}
	time.Sleep(c.settles())
	return errors.Join(measure(watch), watch.Wait())
}
