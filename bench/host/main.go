package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/bench/internal/harness"
	"github.com/otwatch/otwatch/bench/internal/subject"
)

type config struct {
	pairs    int
	duration time.Duration
}

func main() {
	var cfg config
	flag.IntVar(&cfg.pairs, "pairs", 10, "runs of a row")
	flag.DurationVar(&cfg.duration, "duration", 30*time.Second, "of a run with many targets")
	harness.Main("host", func(ctx context.Context, s *harness.Setup) error { return measure(ctx, s, cfg) })
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

var (
	few  = crowd{size: 200, rate: "20"}
	many = crowd{size: 1000, rate: "2"}
)

var rows = []row{
	listing, alone, live,
	few.watched(1, 150), many.watched(5, 200), few.sent(0.2, 20), many.sent(1, 60), few.served(),
	idle, silent, attaching,
}

func measure(ctx context.Context, s *harness.Setup, cfg config) error {
	table := s.Table("host", "what", "value [95 %]", "limit", "verdict", "runs", "measured")
	for _, r := range rows {
		if !s.Wants(r.name) {
			continue
		}
		lines, err := r.lines(ctx, s.Bench, cfg)
		if s.Failed(r.name, err) {
			continue
		}
		for _, line := range lines {
			if err := table.Put(append(line, fmt.Sprint(cfg.pairs), s.Measured)); err != nil {
				return err
			}
		}
	}
	return nil
}
