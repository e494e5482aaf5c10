// Command service is the web service of the cases in docs/cases.md: it looks up
// orders, in a span with a child for each query, and counts them. What is wrong
// with it is in its configuration alone: the SDK's OTEL_* variables, and what
// flags set in place of code.
//
// It prints "ready" and its address, and ends with its standard input.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"

	"go.opentelemetry.io/otel"
)

type config struct {
	processor string
	queries   int
	statement int
	hashes    int
	heap      int
	buyers    int
}

func main() {
	var cfg config
	flag.StringVar(&cfg.processor, "processor", "batch", "span processor: batch, or simple, which exports each span as it ends")
	flag.IntVar(&cfg.queries, "queries", 7, "queries a request, each with a span")
	flag.IntVar(&cfg.statement, "statement", 0, "bytes of literals in the text of a query; 0: its parameters are left out")
	flag.IntVar(&cfg.hashes, "hashes", 200, "hashes a query, for work")
	flag.IntVar(&cfg.heap, "heap", 64, "MiB of live heap")
	flag.IntVar(&cfg.buyers, "buyers", 0, "count orders by buyer, of whom there are so many; 0: no metrics")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // a slow receiver is no news here
	tracing, err := newTracing(ctx, cfg.processor)
	if err != nil {
		return err
	}
	orders, err := newOrders(ctx, cfg)
	if err != nil {
		return err
	}
	live := make([]byte, cfg.heap<<20)
	defer runtime.KeepAlive(live)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", traced(tracing.Tracer("service/http"), orders.get(tracing.Tracer("service/orders"))))
	server := http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	fmt.Println("ready", listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return server.Close()
}
