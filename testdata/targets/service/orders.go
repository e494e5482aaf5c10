package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
)

// orders looks orders up, and counts them by buyer.
type orders struct {
	config
	counter metric.Int64Counter
}

func newOrders(ctx context.Context, cfg config) (*orders, error) {
	provider := metric.MeterProvider(noop.NewMeterProvider())
	if cfg.buyers > 0 {
		exporter, err := otlpmetricgrpc.New(ctx)
		if err != nil {
			return nil, err
		}
		provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	}
	counter, err := provider.Meter("service/orders").Int64Counter("orders", metric.WithDescription("Orders looked up"))
	return &orders{config: cfg, counter: counter}, err
}

func (o *orders) get(tracer trace.Tracer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seed := sha256.Sum256([]byte(r.PathValue("id")))
		for range o.queries {
			seed = o.query(r.Context(), tracer, seed)
		}
		if o.buyers > 0 {
			o.counter.Add(r.Context(), 1, metric.WithAttributes(attribute.Int("buyer", rand.IntN(o.buyers))))
		}
		fmt.Fprintf(w, "%x\n", seed)
	}
}

// query is some work, as a database would be asked, in a span.
func (o *orders) query(ctx context.Context, tracer trace.Tracer, seed [sha256.Size]byte) [sha256.Size]byte {
	_, span := tracer.Start(ctx, "SELECT items", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"),
		attribute.String("db.query.text", o.text()),
	))
	defer span.End()
	for range o.hashes {
		seed = sha256.Sum256(seed[:])
	}
	span.SetAttributes(attribute.Int("db.response.returned_rows", int(seed[0])))
	return seed
}

// text is the query's, with so many bytes of literals in it or with none.
func (o *orders) text() string {
	const parameterised = "SELECT * FROM items WHERE order_id = $1 AND item_id = ANY($2)"
	if o.statement == 0 {
		return parameterised
	}
	var b strings.Builder
	b.WriteString("SELECT * FROM items WHERE item_id IN (")
	for b.Len() < o.statement {
		fmt.Fprintf(&b, "%d, ", rand.Uint64())
	}
	b.WriteString("0)")
	return b.String()
}
