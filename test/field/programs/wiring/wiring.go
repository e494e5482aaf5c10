package main

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

// wiring is how spans leave the service.
type wiring struct {
	endpoint, second string
	exporter         string
	blocking         bool
	timeout          time.Duration
}

// health is the name of spans that nobody wants.
const health = "GET /healthz"

func (w wiring) newProvider(ctx context.Context) (*sdktrace.TracerProvider, error) {
	processor, err := w.newProcessor(ctx)
	if err != nil {
		return nil, err
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(processor)}
	if w.second != "" {
		w.endpoint = w.second
		second, err := w.newProcessor(ctx)
		if err != nil {
			return nil, err
		}
		options = append(options, sdktrace.WithSpanProcessor(second))
	}
	return sdktrace.NewTracerProvider(options...), nil
}

func (w wiring) newProcessor(ctx context.Context) (sdktrace.SpanProcessor, error) {
	exporter, err := w.newExporter(ctx)
	if err != nil {
		return nil, err
	}
	options := []sdktrace.BatchSpanProcessorOption{sdktrace.WithBatchTimeout(time.Second)}
	if w.blocking {
		options = append(options, sdktrace.WithBlocking())
	}
	return sdktrace.NewBatchSpanProcessor(exporter, options...), nil
}

func (w wiring) newExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(w.endpoint), otlptracegrpc.WithInsecure(), otlptracegrpc.WithTimeout(w.timeout))
	if err != nil {
		return nil, err
	}
	switch w.exporter {
	case "quiet":
		return quiet{exporter}, nil
	case "choosy":
		return choosy{exporter}, nil
	}
	return exporter, nil
}

// quiet hides that an export has failed.
type quiet struct{ sdktrace.SpanExporter }

func (q quiet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if q.SpanExporter.ExportSpans(ctx, spans) != nil {
		load.Add("hidden", 1)
	}
	return nil
}

// choosy leaves health checks out.
type choosy struct{ sdktrace.SpanExporter }

func (c choosy) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return c.SpanExporter.ExportSpans(ctx, slices.DeleteFunc(slices.Clone(spans), unwanted))
}

func unwanted(span sdktrace.ReadOnlySpan) bool { return span.Name() == health }
