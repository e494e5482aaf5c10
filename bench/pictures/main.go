package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// orders is a service that loses spans while its collector is slow.
var orders = subject.Subject{
	Program: subject.Service, Rate: 150,
	Env: []string{"OTEL_BSP_MAX_QUEUE_SIZE=1024"},
	Receiver: subject.Receiver{
		Delay: 20 * time.Millisecond, PerSpan: 10 * time.Microsecond, SlowEvery: 4, Slow: time.Second,
	},
}

func main() {
	dir := flag.String("dir", "docs/images", "directory for the pictures")
	duration := flag.Duration("duration", 2*time.Minute, "of the run")
	flag.Parse()
	if err := run(context.Background(), *dir, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, duration time.Duration) error {
	bench, err := subject.New(".")
	if err != nil {
		return err
	}
	defer bench.Close()
	otwatch, err := bench.Executable(subject.Otwatch)
	if err != nil {
		return err
	}
	recording := filepath.Join(bench.Dir(), "orders.rec")
	var screen string
	watch := func(ctx context.Context, pid int, _ string) (func() error, error) {
		t, err := openTerminal(ctx, otwatch, "attach", "--pid", fmt.Sprint(pid), "--record", recording)
		if err != nil {
			return nil, err
		}
		shown := make(chan error, 1)
		go func() {
			time.Sleep(duration - margin)
			var err error
			screen, err = t.screen(ctx)
			shown <- errors.Join(err, t.close(ctx, "q"))
		}()
		return func() error { return <-shown }, nil
	}
	if _, err := bench.Run(ctx, orders, duration, watch); err != nil {
		return err
	}
	if !strings.Contains(screen, "span-drop") {
		return fmt.Errorf("the run shows no dropped spans:\n%s", screen)
	}
	return errors.Join(
		drawScreen(ctx, screen, filepath.Join(dir, "live.svg")),
		drawReport(ctx, otwatch, recording, filepath.Join(dir, "report.png")))
}
