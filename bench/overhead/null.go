package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// null is what the method of added finds where there is nothing to find: every second
// stretch counts as watched, and nothing watches. It shows the method's bias and its
// resolution.
var null = experiment{
	section: "null",
	header:  []string{"load", "CPU unwatched, cores", "nothing adds, % of that [95 %]", "cores [95 %]"},
	rows: []subject.Subject{
		spans("100 spans/s, not watched", 100), spans("1k spans/s, not watched", 1_000),
		spans("10k spans/s, not watched", 10_000), spans("100k spans/s, not watched", 100_000),
	},
	measure: measureNull,
}

func measureNull(ctx context.Context, b *subject.Bench, row subject.Subject, cfg config) ([][]string, error) {
	turns := slices.Repeat([]subject.Observer{subject.Nobody}, 2*cfg.pairs+1)
	stretches, err := b.Stretches(ctx, row, row.Length(cfg.duration), turns)
	if err != nil {
		return nil, err
	}
	return [][]string{nullLine(row.Name, stretches)}, nil
}

func nullLine(name string, stretches []float64) []string {
	base, share, cores := besideUnwatched(stretches)
	return []string{name, fmt.Sprintf("%.4f", base), share.Format("%+.2f"), cores.Format("%+.5f")}
}
