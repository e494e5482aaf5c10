// Command wiring is a service whose spans leave it through exporters and processors that
// people have put together themselves, or whose provider changes while it runs. It makes its
// own load, and prints how many spans it started and ended.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

// checkEvery says how many requests there are for each health check.
const checkEvery = 4

type config struct {
	wiring
	rate, work, attributes int
	later, after           time.Duration
	life                   string
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP receiver, host:port")
	flag.DurationVar(&cfg.timeout, "timeout", 10*time.Second, "timeout of the exporter")
	flag.StringVar(&cfg.exporter, "exporter", "", "exporter before that of OTLP: quiet, choosy; empty: none")
	flag.StringVar(&cfg.second, "second", "", "receiver of a second batch processor; empty: none")
	flag.BoolVar(&cfg.blocking, "blocking", false, "let spans wait for room in the queue")

	flag.IntVar(&cfg.rate, "rate", 200, "requests per second")
	flag.IntVar(&cfg.work, "work", 50, "thousands of rounds of arithmetic in a request")
	flag.IntVar(&cfg.attributes, "attributes", 2, "attributes of a request's span")
	flag.DurationVar(&cfg.later, "later", 0, "end a request's span so much later, on another goroutine")
	flag.StringVar(&cfg.life, "life", "", "what happens to the provider: late, replace, reload")
	flag.DurationVar(&cfg.after, "after", 10*time.Second, "when it happens; each time that long after the last")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "wiring:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(load.Handle))
	s := &service{config: cfg, tracer: otel.Tracer("service")}
	if cfg.life != "late" {
		s.replace(ctx)
	}
	load.Begin()
	if cfg.life != "" {
		go s.live(ctx)
	}
	load.Every(cfg.rate, func(i int) { s.request(ctx, i) })
	return nil
}

type service struct {
	config
	tracer   trace.Tracer
	provider *sdktrace.TracerProvider
}

// live lets things happen to the provider.
func (s *service) live(ctx context.Context) {
	for range time.Tick(s.after) {
		switch s.life {
		case "reload": // builds what the provider does not take, because it has been built already
			if _, err := s.newProcessor(ctx); err != nil {
				load.Handle(err)
			}
		case "late":
			s.replace(ctx)
			return
		case "replace":
			before := s.provider
			s.replace(ctx)
			time.Sleep(time.Second) // requests under way end
			_ = before.Shutdown(ctx)
		}
	}
}

// replace sets another provider.
func (s *service) replace(ctx context.Context) {
	next, err := s.newProvider(ctx)
	if err != nil {
		load.Handle(err)
		return
	}
	otel.SetTracerProvider(next)
	s.provider = next
}

func (s *service) request(ctx context.Context, i int) {
	tracer := s.tracer
	if s.life == "replace" {
		tracer = otel.GetTracerProvider().Tracer("service")
	}
	name := "request"
	if i%checkEvery == 0 {
		name = health
	}
	ctx, span := tracer.Start(ctx, name)
	count(load.Started, span)
	if span.IsRecording() {
		for j := range s.attributes {
			span.SetAttributes(attribute.Int(fmt.Sprint("message.", j), i))
		}
	}
	_, child := tracer.Start(ctx, "look up")
	count(load.Started, child)
	load.Work(s.work)
	end(child)
	if s.later > 0 {
		go func() {
			time.Sleep(s.later)
			end(span)
		}()
		return
	}
	end(span)
}

func end(span trace.Span) {
	count(load.Ended, span)
	span.End()
}

// count counts spans of the SDK.
func count(what string, span trace.Span) {
	if span.IsRecording() {
		load.Add(what, 1)
	}
}
