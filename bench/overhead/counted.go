package main

import (
	"context"
	"fmt"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/report"
)

// counted is how many of the spans that a program has started otwatch counts,
// how sure it is of tracing's share, and what it uses itself.
var counted = experiment{
	section: "counted",
	header: []string{
		"load", "started, counted/true [95 %]", "within 2 %", "inside the interval", "share of tracing, ± points",
		"limit, points", "otwatch's CPU, % of a core [95 %]", "otwatch's RSS, MB [95 %]", "program's cores",
	},
	rows: []subject.Subject{
		spans("100k spans/s watched", 100_000),
		{Name: "CPU-bound, watched", Program: subject.Load},
	},
	measure: measureCounted,
}

const (
	countMargin = 0.02
	// The interval of a share: half its width is at most the larger of these.
	halfWidthPoints = 1.0
	halfWidthShare  = 0.15
)

// watched is what the runs of a row yield.
type watched struct {
	ratios, halves, limits, cpu, rss, cores []float64
	close, inside                           int
	runs                                    int
}

func measureCounted(ctx context.Context, b *subject.Bench, row subject.Subject, cfg config) ([][]string, error) {
	var w watched
	for range cfg.pairs {
		var report report.Report
		use, err := b.Run(ctx, row, row.Length(cfg.duration), b.Watch(&report))
		if err != nil {
			return nil, err
		}
		w.add(report, use)
	}
	return [][]string{w.line(row.Name)}, nil
}

// add takes in one run. A figure that was not claimed counts as wrong.
func (w *watched) add(report report.Report, use subject.Use) {
	w.runs++
	w.cores = append(w.cores, use.Cores())
	w.cpu = append(w.cpu, 100*report.Probe.AgentCPUSeconds/report.Window.Seconds)
	w.rss = append(w.rss, float64(report.Probe.AgentRSSBytes)/1e6)
	if share := report.CPU.Tracing.Share; share != nil {
		w.halves = append(w.halves, 100*(share.High-share.Low)/2)
		w.limits = append(w.limits, max(halfWidthPoints, 100*halfWidthShare*share.Value))
	}
	started := report.Spans.Started
	if started == nil {
		return
	}
	truth := float64(use.Requests * spansPerRequest)
	ratio := started.Value / truth
	w.ratios = append(w.ratios, ratio)
	if (paired.Bounds{Low: 1 - countMargin, High: 1 + countMargin}).Holds(ratio) {
		w.close++
	}
	if (paired.Bounds{Low: started.Low, High: started.High}).Holds(truth) {
		w.inside++
	}
}

func (w *watched) line(name string) []string {
	of := func(n int) string { return fmt.Sprintf("%d of %d", n, w.runs) }
	return []string{
		name, paired.Summarize(w.ratios).Format("%.4f"), of(w.close), of(w.inside), paired.Summarize(w.halves).Format("%.1f"),
		fmt.Sprintf("%.1f", paired.Summarize(w.limits).Median), paired.Summarize(w.cpu).Format("%.2f"), paired.Summarize(w.rss).Format("%.0f"),
		fmt.Sprintf("%.2f", paired.Summarize(w.cores).Median),
	}
}
