// Command reference is the traced program that otwatch's tests observe. It
// makes spans at a fixed rate, exports them over OTLP/gRPC through one or two
// batch processors, and at its end prints the SDK's own self-observability
// totals as JSON: the oracle that otwatch's counts are compared with.
//
// It prints "ready" when its providers stand, then waits for a line on
// standard input before each phase: run the load, shut down, exit. Self-observability is switched on by
// OTEL_GO_X_OBSERVABILITY=true in its environment.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

type config struct {
	endpoint   string
	rate       int
	spans      int
	processors int
	queue      int
	batch      int
	delay      time.Duration
	flushEvery int
	exitAtOnce bool
	retry      bool
	sync       bool
	sample     float64
	children   int
	ends       int
	recorded   int
	uneven     time.Duration
}

// recorder is a sampler that records every span, and samples each nth one.
type recorder struct {
	oneIn int
	next  *atomic.Int64
}

func (r recorder) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	result := trace.SamplingResult{Decision: trace.RecordOnly, Tracestate: oteltrace.SpanContextFromContext(p.ParentContext).TraceState()}
	if (r.next.Add(1)-1)%int64(r.oneIn) == 0 {
		result.Decision = trace.RecordAndSample
	}
	return result
}

func (r recorder) Description() string { return "recorder" }

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	flag.IntVar(&cfg.rate, "rate", 1000, "spans per second; 0 means as fast as possible")
	flag.IntVar(&cfg.spans, "spans", 1000, "spans to make")
	flag.IntVar(&cfg.processors, "processors", 1, "batch processors, each with an exporter of its own")
	flag.IntVar(&cfg.queue, "queue", 2048, "queue size of each processor, in spans")
	flag.IntVar(&cfg.batch, "batch", 512, "largest batch, in spans")
	flag.DurationVar(&cfg.delay, "delay", 200*time.Millisecond, "schedule delay of each processor")
	flag.IntVar(&cfg.flushEvery, "flush-every", 0, "call ForceFlush, beside the load, after every so many spans; 0 means never")
	flag.BoolVar(&cfg.exitAtOnce, "exit-at-once", false, "shut down and exit right after the load, without waiting for a line")
	flag.BoolVar(&cfg.retry, "retry", false, "retry failed exports")
	flag.BoolVar(&cfg.sync, "sync", false, "export each span on the caller's path")
	flag.Float64Var(&cfg.sample, "sample", 1, "ratio of traces that are sampled")
	flag.IntVar(&cfg.children, "children", 0, "children of every span, with two attributes and of a scope of their own")
	flag.IntVar(&cfg.ends, "ends", 1, "calls of End for every span but the children")
	flag.IntVar(&cfg.recorded, "recorded", 0, "record every span, and sample each nth one; 0: sample by -sample")
	flag.DurationVar(&cfg.uneven, "uneven", 0, "after each stretch of this length, make a tenth as many spans for as long; 0: never")
	flag.Parse()
	if err := run(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(cfg config) error {
	ctx := context.Background()
	lines := bufio.NewScanner(os.Stdin)
	reader := metric.NewManualReader()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))

	var options []trace.TracerProviderOption
	for range cfg.processors {
		exporter, err := otlptracegrpc.New(ctx,
			otlptracegrpc.WithEndpoint(cfg.endpoint), otlptracegrpc.WithInsecure(),
			otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
				Enabled: cfg.retry, InitialInterval: 50 * time.Millisecond,
				MaxInterval: time.Second, MaxElapsedTime: 10 * time.Second,
			}))
		if err != nil {
			return err
		}
		if cfg.sync {
			options = append(options, trace.WithSyncer(exporter))
			continue
		}
		options = append(options, trace.WithBatcher(exporter,
			trace.WithMaxQueueSize(cfg.queue), trace.WithMaxExportBatchSize(cfg.batch), trace.WithBatchTimeout(cfg.delay)))
	}
	sampler := trace.ParentBased(trace.TraceIDRatioBased(cfg.sample))
	if cfg.recorded > 0 {
		sampler = recorder{cfg.recorded, new(atomic.Int64)}
	}
	options = append(options, trace.WithSampler(sampler))
	provider := trace.NewTracerProvider(options...)

	fmt.Println("ready")
	lines.Scan()
	makeSpans(ctx, provider, cfg)
	if !cfg.exitAtOnce {
		fmt.Println("loaded")
		lines.Scan()
	}
	if err := provider.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "reference: shutdown:", err)
	}
	if err := printTotals(ctx, reader); err != nil {
		return err
	}
	if !cfg.exitAtOnce {
		lines.Scan()
	}
	return nil
}

// makeSpans keeps to the rate by sleeping until each span's due time, several
// spans at a time where the rate is finer than the sleep.
func makeSpans(ctx context.Context, provider *trace.TracerProvider, cfg config) {
	tracer, inner := provider.Tracer("reference"), provider.Tracer("reference/inner")
	start := time.Now()
	for i := range cfg.spans {
		if cfg.rate > 0 {
			due := start.Add(cfg.dueAt(i))
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
			}
		}
		requestCtx, span := tracer.Start(ctx, "work")
		span.SetAttributes(
			attribute.Int("iteration", i), attribute.String("peer.service", "inventory"),
			attribute.Bool("cache.hit", i%2 == 0), attribute.Float64("load", 0.5))
		for range cfg.children {
			_, child := inner.Start(requestCtx, "part of the work")
			child.SetAttributes(attribute.Int("iteration", i), attribute.Bool("cache.hit", i%2 == 0))
			child.End()
		}
		for range cfg.ends {
			span.End(oteltrace.WithStackTrace(false))
		}
		if cfg.flushEvery > 0 && (i+1)%cfg.flushEvery == 0 {
			go func() { _ = provider.ForceFlush(ctx) }()
		}
	}
}

// dueAt is when a span is due after the start. In two stretches of an uneven load, 11 tenths of
// the spans of a busy one are made.
func (cfg config) dueAt(i int) time.Duration {
	steady := time.Duration(i) * time.Second / time.Duration(cfg.rate)
	if cfg.uneven == 0 {
		return steady
	}
	pair := cfg.uneven + cfg.uneven/10
	pairs, within := steady/pair, steady%pair
	if within > cfg.uneven {
		within = cfg.uneven + (within-cfg.uneven)*10
	}
	return pairs*2*cfg.uneven + within
}

// totals is what the SDK counted, by metric name; failures and drops, which
// the SDK tells apart by an error.type attribute, have a name of their own.
type totals map[string]int64

func printTotals(ctx context.Context, reader *metric.ManualReader) error {
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &collected); err != nil {
		return err
	}
	sums := totals{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				continue
			}
			for _, point := range sum.DataPoints {
				name := m.Name
				if _, failed := point.Attributes.Value("error.type"); failed {
					name += "/error"
				}
				sums[name] += point.Value
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(sums)
}
