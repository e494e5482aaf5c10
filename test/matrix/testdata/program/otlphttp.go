package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/trace"
)

func newExporter(ctx context.Context, receiver string) (trace.SpanExporter, func() int) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(receiver), otlptracehttp.WithInsecure(),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: 50 * time.Millisecond, MaxInterval: time.Second, MaxElapsedTime: 10 * time.Second,
		}))
	check(err)
	return exporter, byReceiver
}
