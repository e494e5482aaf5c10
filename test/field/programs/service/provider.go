package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// exporting is how spans leave the service.
type exporting struct {
	endpoint, path      string
	http, tls           bool
	exporter, processor string
	sampler             string
	queue               int
	delay               time.Duration
}

// newProvider returns a provider and its processor, which is nil if it has none.
func newProvider(ctx context.Context, cfg exporting) (*sdktrace.TracerProvider, sdktrace.SpanProcessor, error) {
	exporter, err := newExporter(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	sampler, err := newSampler(cfg.sampler)
	if err != nil {
		return nil, nil, err
	}
	var processor sdktrace.SpanProcessor
	switch cfg.processor {
	case "none":
		return sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler)), nil, nil
	case "simple":
		processor = sdktrace.NewSimpleSpanProcessor(exporter)
	default:
		processor = sdktrace.NewBatchSpanProcessor(exporter, sdktrace.WithMaxQueueSize(cfg.queue), sdktrace.WithBatchTimeout(cfg.delay))
	}
	if cfg.processor == "own" {
		processor = failures{processor}
	}
	return sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(processor)), processor, nil
}

func newExporter(ctx context.Context, cfg exporting) (sdktrace.SpanExporter, error) {
	switch {
	case cfg.exporter == "nil":
		return nil, nil
	case cfg.exporter == "discard":
		return tracetest.NewNoopExporter(), nil
	case cfg.exporter == "keep":
		return &recorder{}, nil
	case cfg.http:
		options := []otlptracehttp.Option{otlptracehttp.WithEndpoint(cfg.endpoint + cfg.path)}
		if !cfg.tls {
			options = append(options, otlptracehttp.WithInsecure())
		}
		return otlptracehttp.New(ctx, options...)
	}
	options := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(cfg.endpoint)}
	if !cfg.tls {
		options = append(options, otlptracegrpc.WithInsecure())
	}
	return otlptracegrpc.New(ctx, options...)
}

func newSampler(name string) (sdktrace.Sampler, error) {
	switch name {
	case "always":
		return sdktrace.AlwaysSample(), nil
	case "never":
		return sdktrace.NeverSample(), nil
	case "parent":
		return sdktrace.ParentBased(sdktrace.AlwaysSample()), nil
	case "record":
		return recording{}, nil
	case "tail":
		return recording{oneOf: 1024}, nil
	}
	return nil, fmt.Errorf("no sampler %q", name)
}

// recording has all spans recorded, and one of so many sampled.
type recording struct{ oneOf int }

func (r recording) Description() string { return "recording" }

func (r recording) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	decision := sdktrace.RecordOnly
	if r.oneOf > 0 && rand.IntN(r.oneOf) == 0 {
		decision = sdktrace.RecordAndSample
	}
	return sdktrace.SamplingResult{Decision: decision, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
}

// failures lets spans that failed pass for sampled ones, so that the next processor takes
// them.
type failures struct{ sdktrace.SpanProcessor }

func (f failures) OnEnd(span sdktrace.ReadOnlySpan) {
	if span.Status().Code == codes.Error {
		span = sampled{span}
	}
	f.SpanProcessor.OnEnd(span)
}

type sampled struct{ sdktrace.ReadOnlySpan }

func (s sampled) SpanContext() trace.SpanContext {
	return s.ReadOnlySpan.SpanContext().WithTraceFlags(trace.FlagsSampled)
}

// recorder keeps every span that it is given.
type recorder struct {
	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
}

func (r *recorder) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spans...)
	return nil
}

func (r *recorder) Shutdown(context.Context) error { return nil }
