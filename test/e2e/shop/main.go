// Command shop is a traced program in which everything goes wrong that the alerts of
// deploy/prometheus are about: its batch processor drops spans at a full queue, some of its
// exports fail, one line never ends its spans. With -simple, its requests wait for a simple
// processor in place of that. It has metrics and logs, too, some of whose exports fail. It serves requests, each a span
// with a child, and allocates, until its standard input ends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

func main() {
	endpoint := flag.String("endpoint", "", "URL of an OTLP/HTTP receiver")
	rate := flag.Int("rate", 200, "requests per second")
	simple := flag.Bool("simple", false, "export each span as it ends")
	flag.Parse()
	if err := run(context.Background(), *endpoint, *rate, *simple); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string, rate int, simple bool) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // failures are no news here
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	if err != nil {
		return err
	}
	processor := trace.WithBatcher(exporter, trace.WithMaxQueueSize(64), trace.WithMaxExportBatchSize(16), trace.WithBatchTimeout(100*time.Millisecond))
	if simple {
		processor = trace.WithSyncer(exporter)
	}
	spans := trace.NewTracerProvider(processor)
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(&metricExporter{}, metric.WithInterval(200*time.Millisecond))))
	loggers := log.NewLoggerProvider(log.WithProcessor(log.NewBatchProcessor(&logExporter{}, log.WithExportInterval(200*time.Millisecond))))

	served, err := meters.Meter("shop").Int64Counter("shop.orders")
	if err != nil {
		return err
	}
	tracer, logger := spans.Tracer("shop"), loggers.Logger("shop")
	go func() {
		for i := 0; ; i++ {
			order(ctx, tracer, i)
			served.Add(ctx, 1)
			var record otellog.Record
			record.SetBody(attribute.StringValue("ordered"))
			logger.Emit(ctx, record)
			time.Sleep(time.Second / time.Duration(rate))
		}
	}()
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// order serves one request. Every tenth has a payment that fails, whose span is not ended.
func order(ctx context.Context, tracer oteltrace.Tracer, i int) {
	ctx, span := tracer.Start(ctx, "order", oteltrace.WithAttributes(attribute.Int("order.id", i), attribute.String("order.note", "as soon as possible, please")))
	defer span.End()
	if pay(ctx, tracer, i) != nil {
		span.AddEvent("not paid")
	}
	garbage = make([]byte, 256<<10)
	for j := range garbage {
		garbage[j] = byte(i * j)
	}
}

var garbage []byte

func pay(ctx context.Context, tracer oteltrace.Tracer, i int) error {
	_, span := tracer.Start(ctx, "pay")
	if i%10 == 0 {
		return errors.New("no money")
	}
	span.End()
	return nil
}

var errThird = errors.New("not this time")

// metricExporter fails every third time.
type metricExporter struct{ exports atomic.Int64 }

func (*metricExporter) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

func (*metricExporter) Aggregation(k metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(k)
}

func (m *metricExporter) Export(context.Context, *metricdata.ResourceMetrics) error {
	if m.exports.Add(1)%3 == 0 {
		return errThird
	}
	return nil
}

func (*metricExporter) ForceFlush(context.Context) error { return nil }
func (*metricExporter) Shutdown(context.Context) error   { return nil }

// logExporter fails every third time.
type logExporter struct{ exports atomic.Int64 }

func (l *logExporter) Export(context.Context, []log.Record) error {
	if l.exports.Add(1)%3 == 0 {
		return errThird
	}
	return nil
}

func (*logExporter) ForceFlush(context.Context) error { return nil }
func (*logExporter) Shutdown(context.Context) error   { return nil }
