package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
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
	flag.IntVar(&cfg.pairs, "pairs", 10, "runs a row, each of every kind in turn")
	flag.DurationVar(&cfg.duration, "duration", 30*time.Second, "of a run; rows of little CPU take a multiple")
	harness.Main("overhead", func(ctx context.Context, s *harness.Setup) error {
		for _, e := range []experiment{added, null, exported, counted, reaction} {
			if err := e.run(ctx, s, cfg); err != nil {
				return err
			}
		}
		return nil
	})
}

// experiment is a table and the rows that go into it.
type experiment struct {
	section string
	header  []string
	rows    []subject.Subject
	// measure runs a row and returns its lines, for most one. It may fail with
	// those that it has.
	measure func(context.Context, *subject.Bench, subject.Subject, config) ([][]string, error)
}

func (e experiment) run(ctx context.Context, s *harness.Setup, cfg config) error {
	table := s.Table(e.section, slices.Concat(e.header, []string{"runs", "measured"})...)
	for _, row := range e.rows {
		if !s.Wants(row.Name) {
			continue
		}
		lines, err := e.measure(ctx, s.Bench, row, cfg)
		s.Failed(row.Name, err)
		runs := fmt.Sprintf("%d × %v", cfg.pairs, row.Length(cfg.duration))
		for _, line := range lines {
			if err := table.Put(append(line, runs, s.Measured)); err != nil {
				return err
			}
		}
	}
	return nil
}
