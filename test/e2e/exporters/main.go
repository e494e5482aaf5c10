// Command exporters makes spans and exports them over one of the SDK's exporters. It prints "ready", waits for a line,
// makes its spans, shuts down and prints "done".
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/exporters/zipkin"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	kind := flag.String("exporter", "otlphttp", "otlpgrpc, otlphttp, otlphttp+gzip, zipkin or stdout")
	url := flag.String("url", "", "of the receiver")
	spans := flag.Int("spans", 1009, "spans to make")
	flag.Parse()
	if err := run(*kind, *url, *spans); err != nil {
		fmt.Fprintln(os.Stderr, "exporters:", err)
		os.Exit(1)
	}
}

func run(kind, url string, spans int) error {
	ctx := context.Background()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	exporter, err := newExporter(ctx, kind, url)
	if err != nil {
		return err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	instrument()
	tracer := provider.Tracer("exporters")
	for range spans {
		_, span := tracer.Start(ctx, "work")
		span.End()
	}
	_ = provider.Shutdown(ctx) // where the receiver refuses, this says so
	fmt.Println("done")
	return nil
}

func newExporter(ctx context.Context, kind, url string) (trace.SpanExporter, error) {
	switch kind {
	case "otlpgrpc":
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(url))
	case "otlphttp":
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url))
	case "otlphttp+gzip":
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url), otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	case "zipkin":
		return zipkin.New(url)
	case "stdout":
		return stdouttrace.New(stdouttrace.WithWriter(io.Discard))
	}
	return nil, fmt.Errorf("no exporter %q", kind)
}

// instrument builds what calls the SDK in other programs.
func instrument() {
	otelhttp.NewHandler(http.NotFoundHandler(), "handle")
	otelhttp.NewTransport(nil)
	otelgrpc.NewClientHandler()
	otelgrpc.NewServerHandler()
}
