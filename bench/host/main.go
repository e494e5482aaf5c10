package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
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
	flag.IntVar(&cfg.pairs, "pairs", 10, "runs of a row")
	flag.DurationVar(&cfg.duration, "duration", 30*time.Second, "of a run with many targets")
	flag.StringVar(&cfg.row, "row", "", "only rows whose name matches this regular expression")
	flag.StringVar(&cfg.page, "page", "", "page to write the rows into, as docs/benchmarks.md")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(1)
	}
}

// row is what one experiment measures, figure by figure.
type row struct {
	name    string
	figures []figure
	// measure runs it once and returns a value for each figure.
	measure func(context.Context, *subject.Bench, config) ([]float64, error)
}

// figure is one line of the table.
type figure struct {
	name  string
	unit  string
	limit float64
}

var rows = []row{listing, crowded, attaching}

// run measures the rows asked for.
func run(ctx context.Context, cfg config) error {
	wanted, err := regexp.Compile(cfg.row)
	if err != nil {
		return fmt.Errorf("-row: %w", err)
	}
	machine, err := page.Machine()
	if err != nil {
		return err
	}
	b, err := subject.New(".")
	if err != nil {
		return err
	}
	defer b.Close()
	table := page.Table{
		Path: cfg.page, Section: "host", Machine: machine, Out: os.Stdout,
		Header: []string{"what", "value [95 %]", "limit", "verdict", "runs", "measured"},
	}
	for _, r := range rows {
		if !wanted.MatchString(r.name) {
			continue
		}
		lines, err := r.lines(ctx, b, cfg)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		for _, line := range lines {
			if err := table.Put(append(line, fmt.Sprint(cfg.pairs), page.Measured(time.Now()))); err != nil {
				return err
			}
		}
	}
	return nil
}
