package program

import (
	"context"
	"flag"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// queue is large enough that no span of a steady load is dropped: a dropped span
// costs less than an exported one.
const queue = 16384

// Tracing says how a program traces itself.
type Tracing struct {
	Sync     bool
	Sample   float64
	Protocol string
	Endpoint string
}

// Flags declares the flags of Tracing.
func (t *Tracing) Flags() {
	flag.BoolVar(&t.Sync, "sync", false, "export each span on the request's path")
	flag.Float64Var(&t.Sample, "sample", 1, "ratio of traces that are sampled")
	flag.StringVar(&t.Protocol, "protocol", "grpc", "of the exporter: grpc, or http for OTLP over HTTP with gzip")
	flag.StringVar(&t.Endpoint, "endpoint", "127.0.0.1:4317", "OTLP receiver, host:port, plain text")
}

// Provider returns the provider that Tracing asks for, the no-op one while the
// program is Untraced. At the program's end there is nothing to flush: its spans
// tell nobody anything.
func (t *Tracing) Provider(ctx context.Context) (oteltrace.TracerProvider, error) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	provider, err := newTurns(func() (*trace.TracerProvider, error) { return t.build(ctx) })
	if err != nil {
		return nil, err
	}
	OnTurn(provider.turn)
	return provider, nil
}

// build returns a new provider of the SDK.
func (t *Tracing) build(ctx context.Context) (*trace.TracerProvider, error) {
	exporter, err := t.exporter(ctx)
	if err != nil {
		return nil, err
	}
	export := trace.WithBatcher(exporter, trace.WithMaxQueueSize(queue))
	if t.Sync {
		export = trace.WithSyncer(exporter)
	}
	return trace.NewTracerProvider(export, trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(t.Sample)))), nil
}

func (t *Tracing) exporter(ctx context.Context) (trace.SpanExporter, error) {
	switch t.Protocol {
	case "grpc":
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(t.Endpoint), otlptracegrpc.WithInsecure())
	case "http":
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(t.Endpoint), otlptracehttp.WithInsecure(),
			otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	}
	return nil, fmt.Errorf("-protocol %q: must be grpc or http", t.Protocol)
}
