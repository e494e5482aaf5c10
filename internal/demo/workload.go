package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

const (
	requestsPerSecond = 500
	hashesPerRequest  = 4000 // a third of a core in all
)

// RunWorkload simulates requests to the checkout of a shop, with three spans each, and
// exports them to an OTLP/gRPC receiver until ctx ends.
func RunWorkload(ctx context.Context, endpoint string) error {
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return fmt.Errorf("demo workload: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithBatchTimeout(time.Second)))
	tracer := provider.Tracer("checkout")
	ticker := time.NewTicker(time.Second / requestsPerSecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return provider.Shutdown(end)
		case <-ticker.C:
			checkout(ctx, tracer)
		}
	}
}

// checkout is one request. It reserves stock, then takes the payment.
func checkout(ctx context.Context, tracer oteltrace.Tracer) {
	ctx, span := tracer.Start(ctx, "POST /checkout", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
	defer span.End()
	span.SetAttributes(
		attribute.String("http.request.method", "POST"), attribute.String("url.path", "/checkout"),
		attribute.Int("http.response.status_code", 200))
	step(ctx, tracer, "reserve stock", attribute.Int("shop.items", 1+rand.IntN(5)))
	step(ctx, tracer, "take payment", attribute.String("shop.currency", "EUR"))
}

// step does half of a request's work within a span.
func step(ctx context.Context, tracer oteltrace.Tracer, name string, about attribute.KeyValue) {
	_, span := tracer.Start(ctx, name, oteltrace.WithAttributes(about))
	defer span.End()
	sum := sha256.Sum256([]byte(name))
	for range hashesPerRequest / 2 {
		sum = sha256.Sum256(sum[:])
	}
	span.SetAttributes(attribute.Int("shop.checksum", int(sum[0])))
}
