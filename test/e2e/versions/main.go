// Command versions makes spans, metrics and, if it is built with the tag logs, log records until
// its standard input ends. It builds with the SDK from v1.21 on. Each third export of spans
// fails. With OTEL_GO_X_OBSERVABILITY and -metrics, its SDK counts itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
)

// every is how often all signals are exported.
const every = 200 * time.Millisecond

// emit makes a log record.
var emit = func(context.Context) {}

func main() {
	spans := flag.String("spans", "", "host:port of an OTLP/HTTP receiver of spans")
	points := flag.String("metrics", "", "host:port of an OTLP/HTTP receiver of metrics, at Prometheus's path")
	flag.Parse()
	if err := run(context.Background(), *spans, *points); err != nil {
		fmt.Fprintln(os.Stderr, "versions:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, spans, points string) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	toPrometheus, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(points), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithURLPath("/api/v1/otlp/v1/metrics"))
	if err != nil {
		return err
	}
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(toPrometheus, metric.WithInterval(every))))
	otel.SetMeterProvider(meters)
	toReceiver, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(spans), otlptracehttp.WithInsecure(), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	if err != nil {
		return err
	}
	tracer := trace.NewTracerProvider(trace.WithBatcher(toReceiver, trace.WithBatchTimeout(every))).Tracer("versions")
	orders, err := meters.Meter("versions").Int64Counter("orders")
	if err != nil {
		return err
	}
	go func() {
		for ; ; time.Sleep(20 * time.Millisecond) {
			ctx, span := tracer.Start(ctx, "order")
			orders.Add(ctx, 1)
			emit(ctx)
			span.End()
		}
	}()
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
