// Command httpserver is a traced HTTP service: otelhttp around a handler that
// does some hashing within a span of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

func main() {
	var tracing program.Tracing
	tracing.Flags()
	hashes := flag.Int("hashes", 400, "hashes per request")
	bare := flag.Bool("bare", false, "serve without otelhttp while tracing is off")
	metrics := flag.Bool("metrics", false, "measure requests while tracing is on, and export at 5 s")
	heap := flag.Int("heap", 64, "MiB of live heap")
	flag.Parse()
	program.Exit("httpserver", run(tracing, *bare, *metrics, *hashes, *heap))
}

func run(tracing program.Tracing, bare, metrics bool, hashes, heap int) error {
	provider, err := tracing.Provider(context.Background())
	if err != nil {
		return err
	}
	live := program.Heap(heap)
	defer runtime.KeepAlive(live)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serve := handler{tracer: provider.Tracer("httpserver"), hashes: hashes}
	var instrumented atomic.Pointer[http.Handler]
	instrument := func(options ...otelhttp.Option) {
		wrapped := otelhttp.NewHandler(serve, "request", append(options, otelhttp.WithTracerProvider(provider))...)
		instrumented.Store(&wrapped)
	}
	instrument()
	if metrics {
		if err := measured(tracing.Endpoint, instrument); err != nil {
			return err
		}
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bare && program.Untraced() {
			serve.ServeHTTP(w, r)
			return
		}
		(*instrumented.Load()).ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	program.Serve(listener.Addr().String())
	return server.Close()
}

// measured instruments with a MeterProvider while tracing is on.
func measured(endpoint string, instrument func(...otelhttp.Option)) error {
	ctx := context.Background()
	var current *metric.MeterProvider
	turn := func(untraced bool) error {
		if untraced {
			ended := current
			current = nil
			return ended.Shutdown(ctx)
		}
		exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(endpoint), otlpmetricgrpc.WithInsecure())
		if err != nil {
			return err
		}
		current = metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exporter, metric.WithInterval(5*time.Second))))
		instrument(otelhttp.WithMeterProvider(current))
		return nil
	}
	program.OnTurn(func(untraced bool) error {
		if untraced == (current == nil) {
			return nil
		}
		return turn(untraced)
	})
	return turn(false)
}

type handler struct {
	tracer trace.Tracer
	hashes int
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, span := h.tracer.Start(r.Context(), "hash", trace.WithAttributes(attribute.Int("hashes", h.hashes)))
	defer span.End()
	fmt.Fprintf(w, "%x\n", program.Hash([32]byte{}, h.hashes))
}
