package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// sent is what sending the metrics of many targets takes: otwatch with an endpoint, compared
// with otwatch without, one after the other on the same targets.
func (c crowd) sent(cpu, rss float64) row {
	return row{
		name: fmt.Sprintf("attach --all --endpoint, %v, over HTTP every 10 s", c),
		figures: []figure{
			{"sending adds to otwatch's CPU", "% of a core", cpu},
			{"sending adds to otwatch's RSS", "MB", rss},
		},
		measure: c.measureSending,
	}
}

func (c crowd) measureSending(ctx context.Context, b *subject.Bench, cfg config) (_ []float64, err error) {
	targets, err := c.gather(ctx, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, targets.Disperse()) }()
	cpu, rss, _, err := c.use(ctx, b, cfg, "--output", "none")
	if err != nil {
		return nil, err
	}
	sendingCPU, sendingRSS, _, err := c.use(ctx, b, cfg, "--output", "none", "--endpoint", "http://"+b.OverHTTP())
	return []float64{100 * (sendingCPU - cpu), (sendingRSS - rss) / 1e6}, err
}
