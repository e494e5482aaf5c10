// Command logging writes log records through OpenTelemetry's SDK, beside some spans.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/otwatch/otwatch/test/field/programs/load"
	"github.com/otwatch/otwatch/test/field/programs/tracing"
)

// pause is the time between two lots of records.
const pause = 10 * time.Millisecond

func main() {
	endpoint := flag.String("endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port")
	records := flag.Int("records", 2000, "log records per second")
	flag.Parse()
	if err := run(context.Background(), *endpoint, *records); err != nil {
		fmt.Fprintln(os.Stderr, "logging:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string, records int) error {
	if err := tracing.Start(endpoint); err != nil {
		return err
	}
	exporter, err := otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(endpoint), otlploggrpc.WithInsecure())
	if err != nil {
		return err
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	logger := slog.New(otelslog.NewHandler("logging", otelslog.WithLoggerProvider(provider)))
	tracer := otel.Tracer("logging")
	load.Begin()
	go load.Every(20, func(int) {
		_, span := tracer.Start(ctx, "work")
		span.End()
	})
	begin, written := time.Now(), 0
	for range time.Tick(pause) {
		for due := int(time.Since(begin).Seconds() * float64(records)); written < due; written++ {
			logger.Info("request served", "user", "u1", "path", "/orders", "status", 200, "i", written)
			load.Add("records", 1)
		}
	}
	return nil
}
