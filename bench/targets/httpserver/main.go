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

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

func main() {
	var tracing program.Tracing
	tracing.Flags()
	hashes := flag.Int("hashes", 400, "hashes per request")
	bare := flag.Bool("bare", false, "serve without otelhttp while tracing is off")
	heap := flag.Int("heap", 64, "MiB of live heap")
	flag.Parse()
	program.Exit("httpserver", run(tracing, *bare, *hashes, *heap))
}

func run(tracing program.Tracing, bare bool, hashes, heap int) error {
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
	instrumented := otelhttp.NewHandler(serve, "request", otelhttp.WithTracerProvider(provider))
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bare && program.Untraced() {
			serve.ServeHTTP(w, r)
			return
		}
		instrumented.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	program.Serve(listener.Addr().String())
	return server.Close()
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
