// Command load is a traced program that makes its own load: paced requests,
// each some hashing within three nested spans, with the SDK or with the no-op
// provider, so that what tracing costs is known from the difference.
package main

import (
	"context"
	"flag"
	"runtime"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

// spansPerRequest are nested in each other.
const spansPerRequest = 3

// atOnce is the number of requests between two looks at the clock, where there
// is no rate to keep.
const atOnce = 64

type config struct {
	tracing  program.Tracing
	rate     float64
	hashes   int
	attrs    int
	alloc    int
	heap     int
	duration time.Duration
}

func main() {
	var cfg config
	cfg.tracing.Flags()
	flag.Float64Var(&cfg.rate, "rate", 10000, "requests per second, of three spans each; 0: as many as it can")
	flag.IntVar(&cfg.hashes, "hashes", 40, "hashes per span")
	flag.IntVar(&cfg.attrs, "attrs", 4, "attributes per span")
	flag.IntVar(&cfg.alloc, "alloc", 0, "bytes that the application allocates per span")
	flag.IntVar(&cfg.heap, "heap", 64, "MiB of live heap")
	flag.DurationVar(&cfg.duration, "duration", 10*time.Second, "how long to run")
	flag.Parse()
	program.Exit("load", run(cfg))
}

func run(cfg config) error {
	ctx := context.Background()
	provider, err := cfg.tracing.Provider(ctx)
	if err != nil {
		return err
	}
	live := program.Heap(cfg.heap)
	defer runtime.KeepAlive(live)
	app := newApplication(cfg, provider.Tracer("load"))
	program.AwaitBegin()
	return program.Finish(program.Made{Requests: app.serve(ctx)})
}

// application is what the program would do without tracing, and the spans
// around it.
type application struct {
	cfg    config
	tracer trace.Tracer
	kept   []byte
	sum    [32]byte
	attrs  []attribute.KeyValue
}

func newApplication(cfg config, tracer trace.Tracer) *application {
	app := &application{cfg: cfg, tracer: tracer}
	for i := range cfg.attrs {
		app.attrs = append(app.attrs, attribute.String("attribute."+strconv.Itoa(i), "value"))
	}
	return app
}

// serve makes requests at the rate, some at a time where the rate is finer than
// the sleep, and returns their number. It keeps to the rate whatever a request
// takes, so that both providers do the same work.
func (app *application) serve(ctx context.Context) (made int) {
	start := time.Now()
	for {
		elapsed := min(time.Since(start), app.cfg.duration)
		due := app.due(elapsed, made)
		for range due {
			app.request(ctx, spansPerRequest)
		}
		made += due
		switch {
		case elapsed == app.cfg.duration:
			return made
		case app.cfg.rate > 0:
			time.Sleep(app.pause())
		}
	}
}

// due is how many requests to make now: those of the time that has passed, so
// many at a time where there is no rate to keep.
func (app *application) due(elapsed time.Duration, made int) int {
	if app.cfg.rate == 0 {
		return atOnce
	}
	return int(elapsed.Seconds()*app.cfg.rate) - made
}

// pause is the sleep between two looks at the clock: at low rates a request's
// time, so that an idle program is idle.
func (app *application) pause() time.Duration {
	return max(time.Millisecond, time.Duration(float64(time.Second)/app.cfg.rate))
}

func (app *application) request(ctx context.Context, depth int) {
	if depth == 0 {
		return
	}
	ctx, span := app.tracer.Start(ctx, "work")
	defer span.End()
	span.SetAttributes(app.attrs...)
	app.sum = program.Hash(app.sum, app.cfg.hashes)
	if app.cfg.alloc > 0 {
		app.kept = make([]byte, app.cfg.alloc)
	}
	app.request(ctx, depth-1)
}
