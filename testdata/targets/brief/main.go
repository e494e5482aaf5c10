// Command brief is a traced command that lives for a moment, as migrations, checks and jobs
// do: it starts spans from its first millisecond on, and ends.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	endpoint := flag.String("endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	spans := flag.Int("spans", 23, "spans to make")
	pause := flag.Duration("pause", 10*time.Millisecond, "time between two spans")
	shutdown := flag.Bool("shutdown", true, "shut the provider down at the end")
	wait := flag.Bool("wait", false, "wait for a signal after the spans: the default action ends it")
	code := flag.Int("exit", 0, "exit code")
	flag.Parse()
	if err := run(*endpoint, *spans, *pause, *shutdown); err != nil {
		fmt.Fprintln(os.Stderr, "brief:", err)
		os.Exit(1)
	}
	fmt.Println("done")
	if *wait {
		time.Sleep(time.Hour)
	}
	os.Exit(*code)
}

func run(endpoint string, spans int, pause time.Duration, shutdown bool) error {
	ctx := context.Background()
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	tracer := provider.Tracer("brief")
	for range spans {
		_, span := tracer.Start(ctx, "step")
		time.Sleep(pause)
		span.End()
	}
	if shutdown {
		return provider.Shutdown(ctx)
	}
	return nil
}
