package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/export"
)

const (
	// crowdSettles is after which all have been attached to and their first
	// windows are over, with twice the time for each further thousand.
	crowdSettles = 15 * time.Second
	// hostBudget is attach's default, of all cores.
	hostBudget = 1.0
)

// crowd is many targets that do little, with the SDK's own batch delay.
type crowd struct {
	size int
	rate string // spans a second, of each
}

func (c crowd) String() string { return fmt.Sprintf("%d targets of %s spans/s", c.size, c.rate) }

// settles is when the Snapshots of all targets come as they will from then on.
func (c crowd) settles() time.Duration {
	return crowdSettles + time.Duration(c.size)*90*time.Millisecond
}

// gather starts the targets.
func (c crowd) gather(ctx context.Context, b *subject.Bench) (*subject.Crowd, error) {
	return b.GatherTraced(ctx, c.size, "-rate", c.rate)
}

// watched is attach --all with many targets.
func (c crowd) watched(cpu, rss float64) row {
	return row{
		name: "attach --all, " + c.String(),
		figures: []figure{
			{"otwatch's CPU", "% of a core", cpu},
			{"otwatch's RSS", "MB", rss},
			{"added to all targets by its own account", "% of the machine", hostBudget},
			{"targets not attached", "", 0},
		},
		measure: c.measure,
	}
}

func (c crowd) measure(ctx context.Context, b *subject.Bench, cfg config) (_ []float64, err error) {
	targets, err := c.gather(ctx, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, targets.Disperse()) }()
	cpu, rss, printed, err := c.use(ctx, b, cfg, "--output", "json")
	if err != nil {
		return nil, err
	}
	var report struct {
		Host    export.Host
		Targets []struct{ Window struct{ Seconds float64 } }
	}
	if err := json.Unmarshal(printed, &report); err != nil {
		return nil, fmt.Errorf("read otwatch's report: %w", err)
	}
	longest := 0.0
	for _, t := range report.Targets {
		longest = max(longest, t.Window.Seconds)
	}
	added := 100 * report.Host.Probe.TargetCPUSeconds / longest / float64(runtime.NumCPU())
	return []float64{100 * cpu, rss / 1e6, added, float64(c.size - report.Host.Targets)}, nil
}

// use is what otwatch with some arguments uses, and what it prints.
func (c crowd) use(ctx context.Context, b *subject.Bench, cfg config, args ...string) (cpu, rss float64, printed []byte, err error) {
	printed, err = c.while(ctx, b, cfg, func(pid int) (err error) {
		cpu, rss, err = useOf(pid, cfg.duration)
		return err
	}, args...)
	return cpu, rss, printed, err
}

// while runs otwatch with some arguments, measures when it has settled, and returns what otwatch prints.
func (c crowd) while(ctx context.Context, b *subject.Bench, cfg config, measure func(pid int) error, args ...string) ([]byte, error) {
	otwatch, err := b.Executable(subject.Otwatch)
	if err != nil {
		return nil, err
	}
	length := c.settles() + cfg.duration + 2*time.Second
	watch := exec.CommandContext(ctx, otwatch, append([]string{"attach", "--all", "--name", "restless", "--duration", length.String()}, args...)...)
	var out bytes.Buffer
	watch.Stdout = &out
	if err := watch.Start(); err != nil {
		return nil, fmt.Errorf("start otwatch: %w", err)
	}
	time.Sleep(c.settles())
	err = errors.Join(measure(watch.Process.Pid), watch.Wait())
	return out.Bytes(), err
}

// useOf measures for a while how many cores a process keeps busy, and how much memory
// it holds at the end of it.
func useOf(pid int, d time.Duration) (cores, rss float64, err error) {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return 0, 0, err
	}
	before, err := process.Stat()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	time.Sleep(d)
	after, err := process.Stat()
	if err != nil {
		return 0, 0, err
	}
	return (after.CPUTime() - before.CPUTime()) / time.Since(began).Seconds(), float64(after.ResidentMemory()), nil
}
