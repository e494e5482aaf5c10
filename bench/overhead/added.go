package main

import (
	"context"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/report"
)

// added is what observers add to the CPU time that the same work takes.
var added = experiment{
	section: "added",
	header: []string{
		"load", "CPU unwatched, cores", "otwatch adds, % of that [95 %]", "cores [95 %]", "limit, cores", "verdict",
		"bpftrace on Start adds, %", "probes on the entries of Start and End add, %",
	},
	rows: []subject.Subject{
		spans("100 spans/s", 100), spans("1k spans/s", 1_000), spans("10k spans/s", 10_000), spans("100k spans/s", 100_000),
	},
	measure: measureAdded,
}

// The limit of what otwatch may add: a share of the program's CPU time, and a
// part of a core where that is more.
const (
	limitShare = 0.01
	limitCores = 0.001
)

// measureAdded runs the row once for otwatch, which attaches and detaches again and
// again: what it adds is less than what two runs differ by. The others, which may
// add more than the machine has, have runs of their own.
func measureAdded(ctx context.Context, b *subject.Bench, row subject.Subject, cfg config) ([][]string, error) {
	length := row.Length(cfg.duration)
	var report report.Report
	otwatch := b.Watch(&report, "--duration", (length - time.Second).String())
	turns := []subject.Observer{subject.Nobody}
	for range cfg.pairs {
		turns = append(turns, otwatch, subject.Nobody)
	}
	cores, err := b.Stretches(ctx, row, length, turns)
	if err != nil {
		return nil, err
	}
	others := []subject.Observer{subject.Nobody, bpftrace, entries}
	uses := make([][]subject.Use, len(others))
	for round := range min(cfg.pairs, paired.Fewest) {
		for i := range others {
			i = (i + round) % len(others)
			use, err := b.Run(ctx, row, length, others[i])
			if err != nil {
				return nil, err
			}
			uses[i] = append(uses[i], use)
		}
	}
	return [][]string{addedLine(row.Name, cores, uses[0], uses[1], uses[2])}, nil
}

// addedLine sets the others' runs beside the unwatched ones, which they are paired with.
func addedLine(name string, stretches []float64, bare, bpftrace, entries []subject.Use) []string {
	base, share, cores := besideUnwatched(stretches)
	limit := max(limitShare*base, limitCores)
	return []string{
		name, fmt.Sprintf("%.4f", base), share.Format("%+.2f"), cores.Format("%+.5f"),
		fmt.Sprintf("%.4f", limit), cores.Against(limit, "%.4f"), percent(bare, bpftrace), percent(bare, entries),
	}
}

// besideUnwatched is what every second stretch, a watched one, uses beyond the mean of
// those before and after it: in percent of that, and in cores. base is the median of
// the unwatched ones.
func besideUnwatched(stretches []float64) (base float64, share, cores paired.Summary) {
	watched, unwatched := paired.Beside(stretches)
	var percents, differences []float64
	for i, base := range unwatched {
		percents = append(percents, 100*(watched[i]/base-1))
		differences = append(differences, watched[i]-base)
	}
	return paired.Summarize(unwatched).Median, paired.Summarize(percents), paired.Summarize(differences)
}

// percent is what watched runs use beyond the unwatched ones.
func percent(bare, watched []subject.Use) string {
	var values []float64
	for i := range bare {
		values = append(values, 100*(watched[i].PerRequest()/bare[i].PerRequest()-1))
	}
	return paired.Summarize(values).Format("%+.1f")
}
