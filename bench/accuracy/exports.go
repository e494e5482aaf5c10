package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/otwatch/otwatch/bench/internal/harness"
	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	// quantileMargin is how far a quantile may be off.
	quantileMargin = 0.1
	// clockMargin is by how much the duration that the program measures may be outside an interval:
	// its clock begins later than the probe, and ends earlier.
	clockMargin = 0.01
	// atOnce is how many programs run beside each other: they wait for most of the time.
	atOnce = 8
	// defaultBudget is what otwatch may add: a share of a program's CPU time, or budget.Floor of a core
	// if that is more.
	defaultBudget = 0.01
)

// exportRow is a load of exports that take a short or, one in five, a long time.
type exportRow struct {
	name string
	args []string
}

var exportRows = []exportRow{
	{"simple processor, 20 exports/s of 5 or 20 ms", []string{"-rate", "20"}},
	{"simple processor, 300 exports/s of 5 or 20 ms", []string{"-rate", "300", "-exporters", "6"}},
	{"simple processor, 2,000 exports/s of 1 or 10 ms", []string{"-rate", "2000", "-exporters", "20", "-short", "1ms", "-long", "10ms"}},
	{"simple processor, 2,000 exports/s of 5 or 20 ms", []string{"-rate", "2000", "-exporters", "40"}},
	{"batch processor, 200 exports/s of 5 or 20 ms", []string{"-rate", "200", "-exporters", "10", "-batch", "10"}},
}

// measureExports compares what otwatch says of exports with what the programs measured.
func measureExports(ctx context.Context, s *harness.Setup, cfg config) error {
	table := s.Table("exports", exportHeader...)
	for _, row := range exportRows {
		if !s.Wants(row.name) {
			continue
		}
		runs, err := watchExports(ctx, s.Bench, row, cfg)
		if s.Failed(row.name, err) {
			continue
		}
		of := fmt.Sprintf("%d × %v", len(runs.observed), cfg.window)
		if err := table.Put(append(runs.row(row.name), of, s.Measured)); err != nil {
			return err
		}
	}
	return nil
}

// watchExports runs a row's programs, some at once.
func watchExports(ctx context.Context, b *subject.Bench, row exportRow, cfg config) (runs exportRuns, err error) {
	for _, p := range []subject.Program{subject.Blocking, subject.Otwatch} {
		if _, err := b.Executable(p); err != nil {
			return runs, err
		}
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	for worker := range atOnce {
		group.Go(func() {
			for range (cfg.windows + worker) / atOnce {
				var r report.Report
				truth, failed := b.Exports(ctx, cfg.window, row.args, b.Watch(&r))
				mu.Lock()
				if err = errors.Join(err, failed); failed == nil {
					runs.add(r, truth)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return runs, err
}

// exportRuns are what the runs of a row yield.
type exportRuns struct {
	observed, charged []float64
	operations        verdicts
	quantiles         [3]verdicts
}

// add takes in one run, and the totals of its program.
func (r *exportRuns) add(watched report.Report, truth map[string]float64) {
	e := watched.Export
	if e.Observed != nil {
		r.observed = append(r.observed, *e.Observed)
	}
	allowed := max(defaultBudget*watched.CPU.ProcessSeconds, budget.Floor*watched.Window.Seconds)
	r.charged = append(r.charged, watched.Probe.TargetCPUSeconds/allowed)
	r.operations.add(nil, e.OperationsEstimate, truth["exports"], 0)
	for i, q := range []struct {
		value *float64
		e     *estimate.Estimate
		name  string
	}{
		{e.DurationMS.P50, e.DurationEstimateMS.P50, "p50_us"},
		{e.DurationMS.P90, e.DurationEstimateMS.P90, "p90_us"},
		{e.DurationMS.P99, e.DurationEstimateMS.P99, "p99_us"},
	} {
		r.quantiles[i].add(q.value, q.e, truth[q.name]/float64(time.Millisecond/time.Microsecond), clockMargin)
	}
}

// verdicts count how often a figure was close to the truth, and its interval held it.
type verdicts struct{ claimed, near, bounded, held int }

func (v *verdicts) add(value *float64, e *estimate.Estimate, truth, slack float64) {
	if value != nil {
		v.claimed++
		if math.Abs(*value-truth) <= quantileMargin*truth {
			v.near++
		}
	}
	if e != nil {
		v.bounded++
		if (paired.Bounds{Low: e.Low - slack*truth, High: e.High + slack*truth}).Holds(truth) {
			v.held++
		}
	}
}

// exportHeader names the cells that row fills, and two more.
var exportHeader = []string{
	"load", "exports observed, of the time", "number held", "p50 near", "p50 held", "p90 near", "p90 held", "p99 near", "p99 held",
	"charged, of the budget", "runs", "measured",
}

func (r *exportRuns) row(name string) []string {
	of := func(n, all int) string { return fmt.Sprintf("%d of %d", n, all) }
	cells := []string{name, paired.Summarize(r.observed).Format("%.2f"), of(r.operations.held, r.operations.bounded)}
	for _, q := range r.quantiles {
		cells = append(cells, of(q.near, q.claimed), of(q.held, q.bounded))
	}
	return append(cells, paired.Summarize(r.charged).Format("%.2f"))
}
