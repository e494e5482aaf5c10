// Command signals is a program that makes its own load, paced, with metrics or logs of
// OpenTelemetry, or without by turns, so that what they cost is known from the difference.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

// atRest is the sleep between two looks at the clock.
const atRest = time.Millisecond

// spanEvery is how many requests have one span, which is not sampled: otwatch watches programs
// that make spans.
const spanEvery = 1000

type config struct {
	of       string
	endpoint string
	rate     float64
	hashes   int
	heap     int
	duration time.Duration
	interval time.Duration
	scrape   string
}

// signal is metrics or logs, from when it was made on.
type signal struct {
	record func(ctx context.Context, request int) // what a request records
	stop   func(context.Context) error
}

// signals make what the flag names; none of them is what the program does without
// OpenTelemetry.
var signals = map[string]func(context.Context, config) (signal, error){
	"metrics":       appMetrics,
	"attributesets": attributeSets,
	"runtime":       runtimeAndHost,
	"prometheus":    prometheusExporter,
	"slog":          slogBridge,
	"zap":           zapBridge,
}

var none = map[string]func() signal{"slog": slogAlone, "zap": zapAlone}

func main() {
	var cfg config
	flag.StringVar(&cfg.of, "of", "metrics", "one of "+strings.Join(names(), ", "))
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	flag.Float64Var(&cfg.rate, "rate", 10000, "requests per second, of two records each")
	flag.IntVar(&cfg.hashes, "hashes", 40, "hashes per request")
	flag.IntVar(&cfg.heap, "heap", 64, "MiB of live heap")
	flag.DurationVar(&cfg.duration, "duration", 10*time.Second, "how long to run")
	flag.DurationVar(&cfg.interval, "interval", 5*time.Second, "between two exports of metrics, or scrapes")
	flag.StringVar(&cfg.scrape, "scrape", "", "only get this page at each interval")
	flag.Parse()
	if cfg.scrape != "" {
		program.Exit("signals", scrape(cfg))
		return
	}
	program.Exit("signals", run(cfg))
}

func names() []string { return slices.Sorted(maps.Keys(signals)) }

func run(cfg config) error {
	ctx := context.Background()
	build := signals[cfg.of]
	if build == nil {
		return fmt.Errorf("-of %q: must be one of %s", cfg.of, strings.Join(names(), ", "))
	}
	without := signal{record: func(context.Context, int) {}}
	if alone := none[cfg.of]; alone != nil {
		without = alone()
	}
	current := atomic.Pointer[signal]{}
	turn := func(untraced bool) error {
		next := without
		if !untraced {
			var err error
			if next, err = build(ctx, cfg); err != nil {
				return fmt.Errorf("turn %s on: %w", cfg.of, err)
			}
		}
		if before := current.Swap(&next); before != nil && before.stop != nil {
			patience, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return before.stop(patience)
		}
		return nil
	}
	if err := turn(false); err != nil {
		return err
	}
	program.OnTurn(turn)
	live := program.Heap(cfg.heap)
	defer runtime.KeepAlive(live)
	program.AwaitBegin()
	return program.Finish(program.Made{Requests: serve(ctx, cfg, &current)})
}

// serve makes requests at the rate, whatever a request takes.
func serve(ctx context.Context, cfg config, current *atomic.Pointer[signal]) (made int) {
	tracer := trace.NewTracerProvider(trace.WithSampler(trace.NeverSample())).Tracer("signals")
	var sum [32]byte
	for start := time.Now(); ; time.Sleep(atRest) {
		elapsed := min(time.Since(start), cfg.duration)
		for range int(elapsed.Seconds()*cfg.rate) - made {
			sum = program.Hash(sum, cfg.hashes)
			if made%spanEvery == 0 {
				_, span := tracer.Start(ctx, "request")
				span.SetAttributes(attribute.Int("sum", int(sum[0])))
				span.End()
			}
			current.Load().record(ctx, made)
			made++
		}
		if elapsed == cfg.duration {
			return made
		}
	}
}
