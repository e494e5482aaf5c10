package main

import (
	"context"
	"fmt"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
)

// lines runs a row and returns the table's.
func (r row) lines(ctx context.Context, b *subject.Bench, cfg config) ([][]string, error) {
	values := make([][]float64, len(r.figures))
	for range cfg.pairs {
		measured, err := r.measure(ctx, b, cfg)
		if err != nil {
			return nil, err
		}
		for i, v := range measured {
			values[i] = append(values[i], v)
		}
	}
	var lines [][]string
	for i, f := range r.figures {
		lines = append(lines, f.line(r.name, paired.Summarize(values[i])))
	}
	return lines, nil
}

func (f figure) line(of string, s paired.Summary) []string {
	format := "%.1f"
	switch {
	case s.Median >= 100:
		format = "%.0f"
	case f.limit > 0 && f.limit < 1:
		format = "%.2f"
	}
	return []string{
		fmt.Sprintf("%s: %s", of, f.name), s.Format(format) + " " + f.unit, fmt.Sprintf("%g %s", f.limit, f.unit), s.Against(f.limit, format),
	}
}
