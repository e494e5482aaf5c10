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
	crowdSize = 200
	// crowdArgs make each a service with little to do: 20 spans a second, and the
	// SDK's own batch delay.
	crowdRate = "20"
	// crowdSettles is after which all have been attached to and their first
	// windows are over.
	crowdSettles = 15 * time.Second
	// hostBudget is attach's default, of all cores.
	hostBudget = 1.0
)

// crowded is attach --all with many targets.
var crowded = row{
	name: fmt.Sprintf("attach --all, %d targets of %s spans/s", crowdSize, crowdRate),
	figures: []figure{
		{"otwatch's CPU", "% of a core", 3},
		{"otwatch's RSS", "MB", 150},
		{"added to all targets by its own account", "% of the machine", hostBudget},
		{"targets not attached", "", 0},
	},
	measure: measureCrowd,
}

func measureCrowd(ctx context.Context, b *subject.Bench, cfg config) (_ []float64, err error) {
	crowd, err := b.GatherTraced(ctx, crowdSize, "-rate", crowdRate)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, crowd.Disperse()) }()
	otwatch, err := b.Executable(subject.Otwatch)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	watch := exec.CommandContext(ctx, otwatch, "attach", "--all", "--name", "restless", "--output", "json", "--duration", (crowdSettles + cfg.duration + 2*time.Second).String())
	watch.Stdout = &out
	if err := watch.Start(); err != nil {
		return nil, fmt.Errorf("start otwatch: %w", err)
	}
	time.Sleep(crowdSettles)
	cpu, rss, err := useOf(watch.Process.Pid, cfg.duration)
	if err = errors.Join(err, watch.Wait()); err != nil {
		return nil, err
	}
	var report struct {
		Host    export.Host
		Targets []struct{ Window struct{ Seconds float64 } }
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("read otwatch's report: %w", err)
	}
	longest := 0.0
	for _, t := range report.Targets {
		longest = max(longest, t.Window.Seconds)
	}
	added := 100 * report.Host.Probe.TargetCPUSeconds / longest / float64(runtime.NumCPU())
	return []float64{100 * cpu, rss / 1e6, added, float64(crowdSize - report.Host.Targets)}, nil
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
