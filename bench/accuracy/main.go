// Command accuracy compares otwatch's estimate of what tracing costs with the
// truth: the same program under the same paced load, with tracing on and off, in
// alternating pairs. It prints a table in Markdown and, with -page, writes it
// into docs/benchmarks.md. It runs in the repository's root, as root.
//
// The truth of a row is the median over pairs of 1 − CPU without / CPU with;
// its interval is from the pairs' order statistics.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/otwatch/otwatch/bench/internal/page"
	"github.com/otwatch/otwatch/bench/internal/subject"
)

type config struct {
	pairs   int
	lengths lengths
	row     string
	page    string
}

func main() {
	var cfg config
	flag.IntVar(&cfg.pairs, "pairs", 10, "pairs of runs a row; 20 for the coverage of the interval")
	flag.DurationVar(&cfg.lengths.pair, "duration", 20*time.Second, "of each run of a pair; rows of little CPU take a multiple")
	flag.Float64Var(&cfg.lengths.samples, "samples", 10_000, "that a watched run is to take: after a row's first, they are made long enough")
	flag.DurationVar(&cfg.lengths.longest, "longest", 5*time.Minute, "that a watched run may be")
	flag.StringVar(&cfg.lengths.budget, "budget", "1%", "of the watched runs; a larger one samples faster")
	flag.StringVar(&cfg.row, "row", "", "only rows whose name matches this regular expression")
	flag.StringVar(&cfg.page, "page", "", "page to write the rows into, as docs/benchmarks.md")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

// run measures the rows asked for. One that fails does not keep the others
// away: the error comes at the end.
func run(ctx context.Context, cfg config) error {
	machine, err := page.Machine()
	if err != nil {
		return err
	}
	chosen, err := subject.Matching(rows, cfg.row)
	if err != nil {
		return err
	}
	b, err := subject.New(".")
	if err != nil {
		return err
	}
	defer b.Close()
	table := page.Table{Path: cfg.page, Section: "accuracy", Machine: machine, Header: header, Out: os.Stdout}
	measured := page.Measured(time.Now())
	failed := 0
	for _, row := range chosen {
		l := cfg.lengths
		l.pair = row.Length(l.pair)
		c, err := compare(ctx, b, row, cfg.pairs, l)
		if err != nil {
			fmt.Fprintln(os.Stderr, "accuracy:", err)
			failed++
			continue
		}
		if err := table.Put(c.row(row.Name, l, measured)); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d rows failed", failed)
	}
	return nil
}
