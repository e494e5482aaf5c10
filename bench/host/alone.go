package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// aloneSettles is after which most of the places in its code have been seen, and
// what is found of it at once has been forecast.
const aloneSettles = time.Minute

// alone is attach on one busy target, in its steady state.
var alone = row{
	name: "attach --pid, one target of 100,000 spans/s",
	figures: []figure{
		{"otwatch's CPU", "% of a core", 0.4},
		{"otwatch's RSS", "MB", 40},
	},
	measure: measureAlone,
}

func measureAlone(ctx context.Context, b *subject.Bench, cfg config) (figures []float64, err error) {
	otwatch, err := b.Executable(subject.Otwatch)
	if err != nil {
		return nil, err
	}
	observe := func(ctx context.Context, pid int, _ string) (func() error, error) {
		var complaints bytes.Buffer
		watch := exec.CommandContext(ctx, otwatch, "attach", "--pid", strconv.Itoa(pid), "--output", "none")
		watch.Stderr = &complaints
		if err := watch.Start(); err != nil {
			return nil, fmt.Errorf("start otwatch: %w", err)
		}
		measured := make(chan error, 1)
		go func() {
			time.Sleep(aloneSettles)
			cpu, rss, err := useOf(watch.Process.Pid, cfg.duration)
			figures = []float64{100 * cpu, rss / 1e6}
			measured <- err
		}()
		return func() error {
			err := <-measured
			if waitErr := watch.Wait(); waitErr != nil {
				err = errors.Join(err, fmt.Errorf("otwatch: %w\n%s", waitErr, complaints.String()))
			}
			return err
		}, nil
	}
	const perRequest = 3 // spans, of the load program
	busy := subject.Subject{Name: "100k spans/s", Program: subject.Load, Rate: 100_000. / perRequest}
	_, err = b.Run(ctx, busy, aloneSettles+cfg.duration+2*time.Second, observe)
	return figures, err
}
