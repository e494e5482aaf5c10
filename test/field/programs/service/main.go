// Command service is a traced service in one of the situations that people have reported:
// its flags say how its spans are exported, and what its requests do. It makes its own
// load, and prints how many spans it started and ended.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

type config struct {
	exporting
	requests
	life
}

// life is what happens to the provider, or the program, while requests go on.
type life struct {
	after time.Duration
	what  string
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP receiver, host:port")
	flag.BoolVar(&cfg.http, "http", false, "export over HTTP")
	flag.BoolVar(&cfg.tls, "tls", false, "expect the receiver to have TLS")
	flag.StringVar(&cfg.path, "path", "", "add this to the endpoint's host and port")
	flag.StringVar(&cfg.exporter, "exporter", "otlp", "otlp, nil, discard, keep")
	flag.StringVar(&cfg.processor, "processor", "batch", "batch, simple, none, own")
	flag.StringVar(&cfg.sampler, "sampler", "always", "always, never, record, tail, parent")
	flag.IntVar(&cfg.queue, "queue", 2048, "size of the queue, in spans")
	flag.DurationVar(&cfg.delay, "delay", 5*time.Second, "schedule delay")

	flag.IntVar(&cfg.rate, "rate", 200, "requests per second")
	flag.IntVar(&cfg.burst, "burst", 0, "in place of requests, a job that makes so many spans at once")
	flag.DurationVar(&cfg.every, "every", 10*time.Second, "time between two jobs")
	flag.IntVar(&cfg.work, "work", 50, "thousands of rounds of arithmetic in a request")
	flag.IntVar(&cfg.workers, "workers", 0, "in place of a rate, so many workers that never pause")
	flag.IntVar(&cfg.children, "children", 0, "children of a request's span")
	flag.IntVar(&cfg.body, "body", 0, "bytes of a body that two attributes of a span have each")
	flag.BoolVar(&cfg.events, "events", false, "have the bodies in events of the span")
	flag.IntVar(&cfg.invalid, "invalid", 0, "one of so many spans has a text that is not UTF-8; 0: none")
	flag.BoolVar(&cfg.twice, "twice", false, "end each span twice")
	flag.BoolVar(&cfg.flush, "flush", false, "flush at the end of each request")
	flag.BoolVar(&cfg.scopes, "scopes", false, "take a tracer of another name for each request")
	flag.BoolVar(&cfg.providers, "providers", false, "build a provider for each request")
	flag.BoolVar(&cfg.apart, "apart", false, "make the children with a provider that has no processor")
	flag.StringVar(&cfg.parent, "parent", "", "parent of a request's span: unsampled, startup; empty: none")

	flag.DurationVar(&cfg.after, "after", 0, "when something happens to the provider; 0: never")
	flag.StringVar(&cfg.what, "what", "", "what happens: unregister, shutdown, exit, kill")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(load.Handle))
	provider, processor, err := newProvider(ctx, cfg.exporting)
	if err != nil {
		return err
	}
	otel.SetTracerProvider(provider)
	s := &service{config: cfg, provider: provider, tracer: provider.Tracer("service"), children: provider.Tracer("service")}
	if cfg.apart {
		s.children = sdktrace.NewTracerProvider().Tracer("library")
	}
	s.startUp(ctx)
	load.Begin()
	if cfg.after > 0 {
		time.AfterFunc(cfg.after, func() {
			switch cfg.what {
			case "unregister":
				provider.UnregisterSpanProcessor(processor)
			case "shutdown":
				_ = provider.Shutdown(ctx)
			case "exit":
				load.Print()
				os.Exit(0)
			case "kill":
				load.Print()
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		})
	}
	s.serve(ctx)
	return nil
}
