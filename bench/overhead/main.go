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
	pairs    int
	duration time.Duration
	row      string
	page     string
}

func main() {
	var cfg config
	flag.IntVar(&cfg.pairs, "pairs", 10, "runs a row, each of every kind in turn")
	flag.DurationVar(&cfg.duration, "duration", 30*time.Second, "of a run; rows of little CPU take a multiple")
	flag.StringVar(&cfg.row, "row", "", "only rows whose name matches this regular expression")
	flag.StringVar(&cfg.page, "page", "", "page to write the rows into, as docs/benchmarks.md")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "overhead:", err)
		os.Exit(1)
	}
}

// experiment is a table and the rows that go into it.
type experiment struct {
	section string
	header  []string
	rows    []subject.Subject
	// measure runs a row and returns its lines, for most one.
	measure func(context.Context, *subject.Bench, subject.Subject, config) ([][]string, error)
}

var experiments = []experiment{added, counted, reaction}

// run measures the rows asked for. One that fails does not keep the others
// away: the error comes at the end.
func run(ctx context.Context, cfg config) error {
	machine, err := page.Machine()
	if err != nil {
		return err
	}
	b, err := subject.New(".")
	if err != nil {
		return err
	}
	defer b.Close()
	measured := page.Measured(time.Now())
	failed := 0
	for _, e := range experiments {
		table := page.Table{Path: cfg.page, Section: e.section, Machine: machine, Header: append(e.header, "runs", "measured"), Out: os.Stdout}
		chosen, err := subject.Matching(e.rows, cfg.row)
		if err != nil {
			return err
		}
		for _, row := range chosen {
			lines, err := e.measure(ctx, b, row, cfg)
			if err != nil {
				fmt.Fprintln(os.Stderr, "overhead:", err)
				failed++
			}
			runs := fmt.Sprintf("%d × %v", cfg.pairs, row.Length(cfg.duration))
			for _, line := range lines {
				if err := table.Put(append(line, runs, measured)); err != nil {
					return err
				}
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d rows failed", failed)
	}
	return nil
}
