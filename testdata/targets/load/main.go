// Command load is the traced program that otwatch's benchmarks observe: paced
// requests, each some hashing within three nested spans, with the SDK or with
// the no-op provider, so that what tracing costs is known from the difference.
//
// It prints "ready", waits for a line on standard input, runs for the duration
// asked for, and prints the CPU seconds used and the requests made.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sys/unix"
)

type config struct {
	endpoint string
	noop     bool
	sync     bool
	sample   float64
	rate     int
	hashes   int
	attrs    int
	alloc    int
	heap     int
	duration time.Duration
}

// Result is what the program used.
type Result struct {
	CPUSeconds float64
	Requests   int
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	flag.BoolVar(&cfg.noop, "noop", false, "use the no-op provider")
	flag.BoolVar(&cfg.sync, "sync", false, "export each span on the request's path")
	flag.Float64Var(&cfg.sample, "sample", 1, "ratio of traces that are sampled")
	flag.IntVar(&cfg.rate, "rate", 10000, "requests per second, of three spans each")
	flag.IntVar(&cfg.hashes, "hashes", 40, "hashes per span")
	flag.IntVar(&cfg.attrs, "attrs", 4, "attributes per span")
	flag.IntVar(&cfg.alloc, "alloc", 0, "bytes that the application allocates per span")
	flag.IntVar(&cfg.heap, "heap", 64, "MiB of live heap")
	flag.DurationVar(&cfg.duration, "duration", 10*time.Second, "how long to run")
	flag.Parse()
	if err := run(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(cfg config) error {
	ctx := context.Background()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	provider, err := newProvider(ctx, cfg)
	if err != nil {
		return err
	}
	app := newApplication(cfg, provider.Tracer("load"))
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	before := cpuSeconds()
	requests := app.serve(ctx)
	return json.NewEncoder(os.Stdout).Encode(Result{CPUSeconds: cpuSeconds() - before, Requests: requests})
}

func newProvider(ctx context.Context, cfg config) (oteltrace.TracerProvider, error) {
	if cfg.noop {
		return noop.NewTracerProvider(), nil
	}
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(cfg.endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	export := trace.WithBatcher(exporter, trace.WithMaxQueueSize(16384))
	if cfg.sync {
		export = trace.WithSyncer(exporter)
	}
	return trace.NewTracerProvider(export, trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(cfg.sample)))), nil
}

// application is what the program would do without tracing, and the spans
// around it.
type application struct {
	cfg    config
	tracer oteltrace.Tracer
	live   [][]byte // held, for the collector to have something to keep
	kept   []byte
	sum    [32]byte
	attrs  []attribute.KeyValue
}

func newApplication(cfg config, tracer oteltrace.Tracer) *application {
	app := &application{cfg: cfg, tracer: tracer}
	for range cfg.heap * 64 {
		app.live = append(app.live, make([]byte, 1<<14))
	}
	for i := range cfg.attrs {
		app.attrs = append(app.attrs, attribute.String("attribute."+strconv.Itoa(i), "value"))
	}
	return app
}

// serve makes requests at the rate, some at a time where the rate is finer than
// the sleep, and returns their number. It keeps to the rate whatever a request
// takes, so that both providers do the same work.
func (app *application) serve(ctx context.Context) int {
	start := time.Now()
	for made := 0; ; {
		elapsed := time.Since(start)
		if elapsed >= app.cfg.duration {
			return made
		}
		for due := int(elapsed.Seconds() * float64(app.cfg.rate)); made < due; made++ {
			app.request(ctx, 3)
		}
		time.Sleep(time.Millisecond)
	}
}

func (app *application) request(ctx context.Context, depth int) {
	if depth == 0 {
		return
	}
	ctx, span := app.tracer.Start(ctx, "work")
	defer span.End()
	span.SetAttributes(app.attrs...)
	for range app.cfg.hashes {
		app.sum = sha256.Sum256(app.sum[:])
	}
	if app.cfg.alloc > 0 {
		app.kept = make([]byte, app.cfg.alloc)
	}
	app.request(ctx, depth-1)
}

func cpuSeconds() float64 {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
