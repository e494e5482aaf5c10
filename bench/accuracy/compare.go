package main

import (
	"context"
	"fmt"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// comparison is what the runs of a row yield.
type comparison struct {
	truths    []float64            // a process's 1 − CPU without / CPU with
	estimates []*estimate.Estimate // a watched run's share; nil: none was claimed
	cores     []float64            // busy with tracing
	watched   []float64            // a watched run's length, in seconds
}

// compare runs a row's processes, each followed by one that is watched.
func compare(ctx context.Context, b *subject.Bench, row subject.Subject, pairs int, l lengths) (c comparison, err error) {
	watched := l.turn
	for range pairs {
		busy, err := b.Turns(ctx, row, l.turn, l.turns)
		if err != nil {
			return c, err
		}
		with, without := besideEachOther(busy)
		c.truths = append(c.truths, 1-without/with)
		c.cores = append(c.cores, with)
		var report report.Report
		if _, err := b.Run(ctx, row, watched, b.Watch(&report, "--budget", l.budget)); err != nil {
			return c, err
		}
		c.estimates = append(c.estimates, removable(row, report.CPU))
		c.watched = append(c.watched, watched.Seconds())
		watched = l.next(watched, float64(report.Probe.Samples))
	}
	return c, nil
}

// besideEachOther is the mean of the untraced turns, every second one, and that of
// the traced turns beside them.
func besideEachOther(busy []float64) (with, without float64) {
	untraced, traced := paired.Beside(busy)
	for i := range untraced {
		with += traced[i] / float64(len(traced))
		without += untraced[i] / float64(len(untraced))
	}
	return with, without
}

// removable is the share of the CPU that a row's untraced turns do not
// have: where they have nothing else of OpenTelemetry either, that counts too.
// nil: not claimed.
func removable(row subject.Subject, cpu report.CPU) *estimate.Estimate {
	if row.Bare {
		return cpu.OpenTelemetry.Share
	}
	return cpu.Tracing.Share
}

// header names the cells that row fills.
var header = []string{"load", "truth [95 %]", "estimate [95 %]", "error", "verdict", "samples", "interval held", "cores busy", "runs", "measured"}

// row judges a comparison. The estimate and its interval are medians over the
// watched runs.
func (c comparison) row(name string, l lengths, measured string) []string {
	truth := paired.Summarize(c.truths)
	cores := fmt.Sprintf("%.2f", paired.Summarize(c.cores).Median)
	runs := fmt.Sprintf("%d × %d × %v, %.0fs at %s", len(c.truths), l.turns, l.turn, paired.Summarize(c.watched).Median, l.budget)
	var values, lows, highs, samples []float64
	held := 0
	for _, e := range c.estimates {
		if e == nil {
			continue
		}
		values, lows, highs, samples = append(values, e.Value), append(lows, e.Low), append(highs, e.High), append(samples, float64(e.N))
		if (paired.Bounds{Low: e.Low, High: e.High}).Holds(truth.Median) {
			held++
		}
	}
	if len(values) == 0 {
		return []string{name, truth.Format("%.3f"), "none claimed", "", "short", "", fmt.Sprintf("0 of %d", len(c.estimates)), cores, runs, measured}
	}
	bounds := paired.Bounds{Low: paired.Summarize(lows).Median, High: paired.Summarize(highs).Median}
	value := paired.Summarize(values).Median
	return []string{
		name, truth.Format("%.3f"), fmt.Sprintf("%.3f [%.3f, %.3f]", value, bounds.Low, bounds.High),
		fmt.Sprintf("%+.1f %%", 100*(value/truth.Median-1)), paired.Judge(truth, value, bounds),
		fmt.Sprintf("%.0f", paired.Summarize(samples).Median), fmt.Sprintf("%d of %d", held, len(c.estimates)), cores, runs, measured,
	}
}
