package main

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// newTracing returns a provider that exports over OTLP/gRPC, configured by the
// environment but for its processor, which takes code.
func newTracing(ctx context.Context, processor string) (*sdktrace.TracerProvider, error) {
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return nil, err
	}
	switch processor {
	case "batch":
		return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter)), nil
	case "simple":
		return sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)), nil
	}
	return nil, fmt.Errorf("-processor %q: must be batch or simple", processor)
}

// traced serves each request within a span, as instrumentation of HTTP does.
func traced(tracer trace.Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), "GET /orders/{id}", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", r.Method),
			attribute.String("http.route", "/orders/{id}"),
			attribute.String("url.path", r.URL.Path),
			attribute.String("client.address", r.RemoteAddr),
		))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", http.StatusOK))
	})
}
