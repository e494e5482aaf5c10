// Command patient is a traced service that is as ill as its flags make it: the
// program that otwatch's findings are tried on. Without flags it is healthy. It
// makes its own load, prints "ready" when its provider stands, and runs until
// SIGTERM.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/otel"
	"golang.org/x/sys/unix"
)

type config struct {
	rate  int
	burst int
	work  int
	exporting
	spanning
	remembering
}

// exporting is how spans leave the service.
type exporting struct {
	endpoint   string
	sync       bool
	blocking   bool
	gzip       bool
	queue      int
	batch      int
	delay      time.Duration
	sample     float64
	unexported bool
	retain     bool
	reset      time.Duration
	life       time.Duration
	tenants    int
	customers  int
	forgotten  int
	reload     time.Duration
	forget     bool
	flush      bool
	flushEvery time.Duration
}

// spanning is what spans a request makes.
type spanning struct {
	children   int
	loop       int
	attributes int
	updates    int
	ids        bool
	scopes     int
	vary       bool
	build      bool
	leak       int
	long       time.Duration
	job        time.Duration
	remote     bool
}

// remembering is what the service does with memory.
type remembering struct {
	garbage int
	keep    int
	cache   int
}

func main() {
	var cfg config
	flag.IntVar(&cfg.rate, "rate", 20, "requests per second")
	flag.IntVar(&cfg.burst, "burst", 1, "requests that come at once")
	flag.IntVar(&cfg.work, "work", 0, "thousands of rounds of arithmetic in a request")

	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	flag.BoolVar(&cfg.sync, "sync", false, "export each span on the request's path")
	flag.BoolVar(&cfg.blocking, "blocking", false, "wait for room in the queue, instead of dropping")
	flag.BoolVar(&cfg.gzip, "gzip", false, "compress what is exported")
	flag.BoolVar(&cfg.unexported, "unexported", false, "have no exporter")
	flag.BoolVar(&cfg.retain, "retain", false, "hand spans to an in-memory exporter too")
	flag.DurationVar(&cfg.reset, "reset", 0, "empty it this often; 0: never")
	flag.DurationVar(&cfg.life, "life", 0, "exit after this time, without a shutdown; 0: run on")
	flag.IntVar(&cfg.tenants, "tenants", 0, "more providers that are built at the start, one a second")
	flag.IntVar(&cfg.customers, "customers", 0, "more providers that are built at once at the start, and used in turn")
	flag.IntVar(&cfg.forgotten, "forgotten", 0, "the same, and never used")
	flag.DurationVar(&cfg.reload, "reload", 0, "build another provider every so often; 0: never")
	flag.BoolVar(&cfg.forget, "forget", false, "do not shut these down")
	flag.BoolVar(&cfg.flush, "flush", false, "flush the provider at the end of each request")
	flag.DurationVar(&cfg.flushEvery, "flush-every", 0, "flush it this often, beside the requests; 0: never")
	flag.IntVar(&cfg.queue, "queue", 2048, "size of the queue, in spans")
	flag.IntVar(&cfg.batch, "batch", 512, "largest batch, in spans")
	flag.DurationVar(&cfg.delay, "delay", time.Second, "schedule delay")
	flag.Float64Var(&cfg.sample, "sample", 1, "ratio of traces that are sampled")

	flag.IntVar(&cfg.children, "children", 2, "children of a request's span, from three call sites")
	flag.IntVar(&cfg.loop, "loop", 0, "more children, all from one line")
	flag.IntVar(&cfg.attributes, "attributes", 3, "attributes of a span")
	flag.IntVar(&cfg.updates, "updates", 0, "times that a request sets the same attributes of its span again")
	flag.BoolVar(&cfg.ids, "ids", false, "put a request's id into its span's name")
	flag.IntVar(&cfg.scopes, "scopes", 0, "tracers, with names of their own, whose spans each request makes in turn")
	flag.BoolVar(&cfg.vary, "vary", false, "give the tracer of each request a name of its own")
	flag.BoolVar(&cfg.build, "build", false, "build a resource, a provider and a propagator for every request")
	flag.IntVar(&cfg.leak, "leak", 0, "requests watch their stock in a span that one of so many holds and never ends; 0: none watches it")
	flag.DurationVar(&cfg.long, "long", 0, "beside the requests, keep spans open for so long; 0: none")

	flag.DurationVar(&cfg.job, "job", 0, "requests are items of a job that takes so long, in its trace; 0: each has a trace of its own")
	flag.BoolVar(&cfg.remote, "remote", false, "requests come from a gateway that samples them")

	flag.IntVar(&cfg.garbage, "garbage", 0, "kB that a request allocates and lets go")
	flag.IntVar(&cfg.keep, "keep", 0, "kB that a request allocates and never lets go")
	flag.IntVar(&cfg.cache, "cache", 0, "entries, of 4 kB each, of a cache that requests fill at random")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	if err := run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, "patient:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // refusals are an illness like others
	provider, err := newProvider(ctx, cfg.exporting)
	if err != nil {
		return err
	}
	s := &service{config: cfg, provider: provider, tracer: provider.Tracer("patient"), flush: func(context.Context) error { return nil }, cached: map[int][]byte{}}
	if s.customers, err = buildMore(ctx, cfg, cfg.customers); err != nil {
		return err
	}
	if _, err := buildMore(ctx, cfg, cfg.forgotten); err != nil {
		return err
	}
	if cfg.flush {
		s.flush = provider.ForceFlush
	}
	if cfg.flushEvery > 0 {
		go flushOften(ctx, provider, cfg.flushEvery)
	}
	if cfg.long > 0 {
		s.keepOpen(ctx)
	}
	if cfg.job > 0 {
		s.runJobs(ctx)
	}
	go buildTenants(ctx, cfg)
	if cfg.reload > 0 {
		go reload(ctx, cfg)
	}
	if cfg.life > 0 {
		time.AfterFunc(cfg.life, func() { os.Exit(0) })
	}
	fmt.Println("ready")
	s.serve(ctx)
	return provider.Shutdown(context.WithoutCancel(ctx))
}
