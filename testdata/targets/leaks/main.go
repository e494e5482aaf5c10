// Command leaks is a traced program some of whose spans are never ended, for the
// tests of the span-leak finding. Its modes:
//
//	experiment  one site starts spans of all fates: 1 % are kept without an end
//	            for good, 1 % are abandoned, 1 % run long, 2 % end late, the rest
//	            end at once
//	skipped     End is skipped where a request fails, one in ten
//	mended      the same, for the first half of the time
//	filtered    instrumentation starts a span for calls that it filters, one in
//	            five, and never ends it
//	healthy     one site ends all at once, one runs long
//
// It prints "ready", waits for a line, makes spans at a fixed rate while it
// allocates so that collections come, prints "loaded", and after another line the
// number of spans by fate and of collections as JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

type config struct {
	endpoint string
	mode     string
	rate     int
	duration time.Duration
	long     time.Duration
	late     time.Duration
	garbage  int
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	flag.StringVar(&cfg.mode, "mode", "experiment", "experiment, skipped, mended, filtered or healthy")
	flag.IntVar(&cfg.rate, "rate", 1000, "spans per second")
	flag.DurationVar(&cfg.duration, "duration", 40*time.Second, "how long to make them")
	flag.DurationVar(&cfg.long, "long", 4*time.Second, "how long the long-running ones take")
	flag.DurationVar(&cfg.late, "late", time.Second, "how long those that end late take")
	flag.IntVar(&cfg.garbage, "garbage", 4<<10, "bytes allocated with each span")
	flag.Parse()
	if err := run(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "leaks:", err)
		os.Exit(1)
	}
}

func run(cfg config) error {
	ctx := context.Background()
	lines := bufio.NewScanner(os.Stdin)
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(cfg.endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithBatchTimeout(200*time.Millisecond)))
	l := &load{config: cfg, tracer: provider.Tracer("leaks")}
	call := map[string]func(context.Context, int){
		"experiment": l.request, "skipped": l.handle, "mended": l.handle, "filtered": l.intercept, "healthy": l.serve,
	}[cfg.mode]
	if call == nil {
		return fmt.Errorf("there is no mode %q", cfg.mode)
	}

	fmt.Println("ready")
	lines.Scan()
	l.run(ctx, call)
	fmt.Println("loaded")
	lines.Scan()
	return json.NewEncoder(os.Stdout).Encode(l.totals())
}

// load makes spans.
type load struct {
	config
	tracer oteltrace.Tracer

	ended, held, abandoned, long, late atomic.Int64

	kept    []oteltrace.Span // by leak, from one goroutine
	running sync.WaitGroup
	garbage []byte
}

// run keeps to the rate, a millisecond's spans at a time.
func (l *load) run(ctx context.Context, call func(context.Context, int)) {
	begin := time.Now()
	for n := 0; ; {
		elapsed := time.Since(begin)
		if elapsed >= l.duration {
			return
		}
		for due := int(elapsed.Seconds() * float64(l.rate)); n < due; n++ {
			l.garbage = make([]byte, l.config.garbage)
			call(ctx, n)
		}
		time.Sleep(time.Millisecond)
	}
}

// request starts a span of any fate.
func (l *load) request(ctx context.Context, n int) {
	_, span := l.tracer.Start(ctx, "request")
	span.SetAttributes(attribute.Int("n", n), attribute.String("route", "/cart"))
	switch n % 100 {
	case 13:
		l.kept = append(l.kept, span)
		l.held.Add(1)
	case 37:
		l.abandoned.Add(1)
	case 61:
		l.endAfter(span, l.config.long, &l.long)
	case 79, 97:
		l.endAfter(span, l.config.late, &l.late)
	default:
		span.End()
		l.ended.Add(1)
	}
}

func (l *load) endAfter(span oteltrace.Span, d time.Duration, count *atomic.Int64) {
	count.Add(1)
	l.running.Go(func() {
		time.Sleep(d)
		span.End()
	})
}

// handle ends its span but where the request fails, until that is mended.
func (l *load) handle(ctx context.Context, n int) {
	_, span := l.tracer.Start(ctx, "handle")
	if mended := l.mode == "mended" && n > l.rate*int(l.duration.Seconds())/2; n%10 == 3 && !mended {
		l.abandoned.Add(1)
		return
	}
	span.End()
	l.ended.Add(1)
}

// intercept is instrumentation as some was: it starts a span before it asks its
// filter, which takes out one call in five, health checks say.
func (l *load) intercept(ctx context.Context, n int) {
	_, span := l.tracer.Start(ctx, "rpc")
	if n%5 == 2 {
		l.abandoned.Add(1)
		return
	}
	span.End()
	l.ended.Add(1)
}

// serve ends its spans; beside them run long ones, of a site of their own.
func (l *load) serve(ctx context.Context, n int) {
	if n%100 == 61 {
		l.subscribe(ctx)
		return
	}
	_, span := l.tracer.Start(ctx, "serve")
	span.End()
	l.ended.Add(1)
}

func (l *load) subscribe(ctx context.Context) {
	_, span := l.tracer.Start(ctx, "subscribe")
	l.endAfter(span, l.config.long, &l.long)
}

// totals are the spans by fate, and the collections.
func (l *load) totals() map[string]int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return map[string]int64{
		"ended": l.ended.Load(), "held": l.held.Load(), "abandoned": l.abandoned.Load(),
		"long": l.long.Load(), "late": l.late.Load(), "collections": int64(stats.NumGC), "kept": int64(len(l.kept)),
	}
}
