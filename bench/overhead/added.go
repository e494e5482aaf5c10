package main

import (
	"context"
	"fmt"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/analyzer"
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

// measureAdded runs the row unwatched and under each observer in turn, each
// round beginning with another of them.
func measureAdded(ctx context.Context, b *subject.Bench, row subject.Subject, cfg config) ([][]string, error) {
	var report analyzer.Report
	observers := []subject.Observer{subject.Nobody, b.Watch(&report), bpftrace, entries}
	uses := make([][]subject.Use, len(observers))
	for round := range cfg.pairs {
		for i := range observers {
			i = (i + round) % len(observers)
			use, err := b.Run(ctx, row, true, row.Length(cfg.duration), observers[i])
			if err != nil {
				return nil, err
			}
			uses[i] = append(uses[i], use)
		}
	}
	return [][]string{addedLine(row, uses[0], uses[1], uses[2], uses[3])}, nil
}

// addedLine puts the observers' runs beside the unwatched ones, which they are
// paired with.
func addedLine(row subject.Subject, bare, otwatch, bpftrace, entries []subject.Use) []string {
	var unwatched, cores []float64
	for i, use := range bare {
		unwatched = append(unwatched, use.PerRequest()*row.Rate)
		cores = append(cores, (otwatch[i].PerRequest()-use.PerRequest())*row.Rate)
	}
	base := paired.Summarize(unwatched).Median
	limit := max(limitShare*base, limitCores)
	inCores := paired.Summarize(cores)
	return []string{
		row.Name, fmt.Sprintf("%.4f", base), percent(bare, otwatch), inCores.Format("%+.4f"),
		fmt.Sprintf("%.4f", limit), inCores.Against(limit), percent(bare, bpftrace), percent(bare, entries),
	}
}

// percent is what watched runs use beyond the unwatched ones.
func percent(bare, watched []subject.Use) string {
	var values []float64
	for i := range bare {
		values = append(values, 100*(watched[i].PerRequest()/bare[i].PerRequest()-1))
	}
	return paired.Summarize(values).Format("%+.1f")
}
