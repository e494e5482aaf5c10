// Command hostile is a traced program that means harm to whoever watches it: it lies
// about the SDK's state in its own memory, or makes what is dear to watch. It needs no
// privileges. -lie chooses, of the rows of lies.
//
// It prints "ready" when its provider stands. Then it makes spans until it is killed,
// and every 200 ms prints how many it has made and the CPU time, in microseconds, that
// it has used.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

type config struct {
	lie     string
	rate    int
	later   int
	after   time.Duration
	span    string
	sync    bool
	batch   int
	queue   int
	fuse    string
	device  string
	serve   bool
	to      string
	atLeast time.Duration
	atMost  time.Duration
}

func main() {
	var cfg config
	flag.StringVar(&cfg.lie, "lie", "nothing", "what to lie about")
	flag.IntVar(&cfg.rate, "rate", 100, "spans a second; -1: as many as go")
	flag.IntVar(&cfg.later, "later", 0, "spans a second once -after is over; 0: as before")
	flag.DurationVar(&cfg.after, "after", 0, "time from the start to the lie, or to -later")
	flag.StringVar(&cfg.span, "span", "work", "name of the spans")
	flag.BoolVar(&cfg.sync, "sync", false, "export each span on the caller's path")
	flag.IntVar(&cfg.batch, "batch", 512, "largest batch, in spans")
	flag.IntVar(&cfg.queue, "queue", 2048, "queue size, in spans")
	flag.StringVar(&cfg.fuse, "fuse", "", "directory to mount a file system on that never answers a read")
	flag.StringVar(&cfg.device, "device", "/dev/fuse", "FUSE's device")
	flag.BoolVar(&cfg.serve, "serve", false, "be the server of that")
	flag.StringVar(&cfg.to, "to", "", "executable to become")
	flag.DurationVar(&cfg.atLeast, "at-least", 60*time.Millisecond, "life before becoming another")
	flag.DurationVar(&cfg.atMost, "at-most", 700*time.Millisecond, "life before becoming another")
	flag.Parse()
	if err := run(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

// program is what a lie may change before the provider is made of it.
type program struct {
	config
	exporter  *exporter
	processor trace.SpanProcessor
	options   []trace.TracerProviderOption
}

func run(cfg config) error {
	if cfg.serve {
		serve()
	}
	lie, ok := lies[cfg.lie]
	if !ok {
		return fmt.Errorf("-lie %q: there is no such lie", cfg.lie)
	}
	p := &program{config: cfg, exporter: &exporter{}}
	p.processor = trace.NewBatchSpanProcessor(p.exporter, trace.WithMaxExportBatchSize(cfg.batch),
		trace.WithMaxQueueSize(cfg.queue), trace.WithBatchTimeout(500*time.Millisecond))
	if cfg.sync {
		p.processor = trace.NewSimpleSpanProcessor(p.exporter)
	}
	p.options = append(p.options, trace.WithSpanProcessor(p.processor))
	if err := lie(p); err != nil {
		return fmt.Errorf("-lie %s: %w", cfg.lie, err)
	}
	provider := trace.NewTracerProvider(p.options...)
	fmt.Println("ready")
	go tell()
	p.makeSpans(provider.Tracer("hostile"))
	return nil
}

// exporter takes everything at once.
type exporter struct{ exported atomic.Uint64 }

//go:noinline
func (e *exporter) ExportSpans(_ context.Context, spans []trace.ReadOnlySpan) error {
	e.exported.Add(uint64(len(spans)))
	return nil
}

func (e *exporter) Shutdown(context.Context) error { return nil }

// made counts spans.
var made atomic.Uint64

func tell() {
	for range time.Tick(200 * time.Millisecond) {
		var used syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
			fmt.Println(made.Load(), (used.Utime.Nano()+used.Stime.Nano())/1000)
		}
	}
}

// makeSpans keeps to the rate, a millisecond's spans at a time.
func (p *program) makeSpans(tracer oteltrace.Tracer) {
	began, due := time.Now(), 0.0
	for last := began; ; {
		now, rate := time.Now(), p.rate
		if p.later > 0 && now.Sub(began) > p.after {
			rate = p.later
		}
		due += now.Sub(last).Seconds() * float64(rate)
		last = now
		for ; due >= 1 || rate < 0; due-- {
			_, span := tracer.Start(context.Background(), p.span)
			span.SetAttributes(attribute.Int("i", 1))
			span.End()
			made.Add(1)
		}
		time.Sleep(time.Millisecond)
	}
}
