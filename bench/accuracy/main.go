// Command accuracy compares otwatch's estimate of what tracing costs with the
// truth: the same process under the same paced load, with tracing on and off by
// turns; and what it says of exports, where the budget does not let it observe all of them,
// with what the programs measured. It prints tables in Markdown and, with -page, writes them
// into docs/benchmarks.md. It runs in the repository's root, as root.
//
// The truth of a row is the median over processes of 1 − CPU without / CPU with;
// its interval is from the processes' order statistics.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/bench/internal/harness"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/page"
)

// fewestTurns is with, without and with tracing.
const fewestTurns = 3

type config struct {
	pairs   int
	lengths lengths
	windows int
	window  time.Duration
}

func main() {
	var cfg config
	flag.IntVar(&cfg.pairs, "pairs", 10, "of a process that takes turns and a watched one, for each row; 20 for the coverage of the interval")
	flag.IntVar(&cfg.lengths.turns, "turns", 7, "of a process: with tracing, without, and so on")
	flag.DurationVar(&cfg.lengths.turn, "duration", 10*time.Second, "of each turn; rows of little CPU take a multiple")
	flag.Float64Var(&cfg.lengths.samples, "samples", 10_000, "that a watched run is to take: after a row's first, they are made long enough")
	flag.DurationVar(&cfg.lengths.longest, "longest", 5*time.Minute, "that a watched run may be")
	flag.StringVar(&cfg.lengths.budget, "budget", "1%", "of the watched runs; a larger one samples faster")
	flag.IntVar(&cfg.windows, "windows", 40, "in which exports are watched, for each row of them")
	flag.DurationVar(&cfg.window, "window", 15*time.Second, "of exports; in a long one few are observed")
	harness.Main("accuracy", func(ctx context.Context, s *harness.Setup) error {
		return errors.Join(measure(ctx, s, cfg), measureExports(ctx, s, cfg))
	})
}

func measure(ctx context.Context, s *harness.Setup, cfg config) error {
	if cfg.lengths.turns < fewestTurns {
		return fmt.Errorf("-turns %d: an untraced turn needs a traced one before and after it, so there must be %d at least", cfg.lengths.turns, fewestTurns)
	}
	for _, c := range comparisons {
		if err := fill(ctx, s, s.Table(c.section, header...), c.rows, cfg); err != nil {
			return err
		}
	}
	return nil
}

// fill measures the rows of a table.
func fill(ctx context.Context, s *harness.Setup, table *page.Table, rows []subject.Subject, cfg config) error {
	for _, row := range rows {
		if !s.Wants(row.Name) {
			continue
		}
		l := cfg.lengths
		l.turn = row.Length(l.turn)
		c, err := compare(ctx, s.Bench, row, cfg.pairs, l)
		if s.Failed(row.Name, err) {
			continue
		}
		if err := table.Put(c.row(row.Name, l, s.Measured)); err != nil {
			return err
		}
	}
	return nil
}
