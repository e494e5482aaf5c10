// Command signals has all three signals and exporters of its own: two
// TracerProviders, the one with a batch processor whose exporter hands half of
// its spans on to another one and with a simple processor beside it, the other
// with a simple processor; a periodic metric reader and a log batch processor.
// Its service has a name in code. It prints "ready", waits for a line, makes its
// load, shuts down, and prints what it exported as JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// counts is what the program exported since the line.
type counts struct {
	Batched, Beside, Other                       int64 // spans, by processor
	MetricExports, MetricFailures, MetricLargest int64
	LogExports, LogRecords, LogLargest           int64
}

func main() {
	spans := flag.Int("spans", 1009, "spans that each provider makes")
	flag.String("token", "", "a secret")
	flag.Parse()
	if err := run(*spans); err != nil {
		fmt.Fprintln(os.Stderr, "signals:", err)
		os.Exit(1)
	}
}

func run(spans int) error {
	ctx := context.Background()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	identity, err := resource.New(ctx, resource.WithProcess(), resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "orders"), attribute.Int("shard", 7)))
	if err != nil {
		return err
	}
	inner, err := stdouttrace.New(stdouttrace.WithWriter(io.Discard))
	if err != nil {
		return err
	}
	batched, beside, other := &half{next: inner}, &counter{}, &counter{}
	metrics, logs := &metricExporter{}, &logExporter{}
	meters := metric.NewMeterProvider(metric.WithResource(identity),
		metric.WithReader(metric.NewPeriodicReader(metrics, metric.WithInterval(100*time.Millisecond))))
	otel.SetMeterProvider(meters)
	first := trace.NewTracerProvider(trace.WithResource(identity), trace.WithBatcher(batched), trace.WithSyncer(beside))
	second := trace.NewTracerProvider(trace.WithResource(identity), trace.WithSyncer(other))
	loggers := log.NewLoggerProvider(log.WithResource(identity),
		log.WithProcessor(log.NewBatchProcessor(logs, log.WithExportInterval(50*time.Millisecond))))

	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	metrics.exports.Store(0) // those before are not watched
	metrics.failures.Store(0)
	load(ctx, spans, first, second, loggers)
	shutdown := errors.Join(first.ForceFlush(ctx), first.Shutdown(ctx), second.Shutdown(ctx), loggers.Shutdown(ctx))
	time.Sleep(300 * time.Millisecond) // for a metric export or two
	largest := metrics.largest.Load()
	_ = meters.Shutdown(ctx) // which may fail, as every third export does
	return errors.Join(shutdown, json.NewEncoder(os.Stdout).Encode(counts{
		Batched: batched.spans.Load(), Beside: beside.spans.Load(), Other: other.spans.Load(),
		MetricExports: metrics.exports.Load(), MetricFailures: metrics.failures.Load(), MetricLargest: largest,
		LogExports: logs.exports.Load(), LogRecords: logs.records.Load(), LogLargest: logs.largest.Load(),
	}))
}

func load(ctx context.Context, spans int, first, second *trace.TracerProvider, loggers *log.LoggerProvider) {
	one, two, logger := first.Tracer("first"), second.Tracer("second"), loggers.Logger("signals")
	for i := range spans {
		_, span := one.Start(ctx, "work")
		span.End()
		_, span = two.Start(ctx, "other work")
		span.End()
		var record otellog.Record
		record.SetBody(attribute.StringValue("done"))
		logger.Emit(ctx, record)
		if i%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// half hands every other span on.
type half struct {
	counter
	next trace.SpanExporter
}

func (h *half) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	var some []trace.ReadOnlySpan
	for i := 0; i < len(spans); i += 2 {
		some = append(some, spans[i])
	}
	return errors.Join(h.counter.ExportSpans(ctx, spans), h.next.ExportSpans(ctx, some))
}

// counter counts spans. Within a half it has the same address.
type counter struct{ spans atomic.Int64 }

//go:noinline
func (c *counter) ExportSpans(_ context.Context, spans []trace.ReadOnlySpan) error {
	c.spans.Add(int64(len(spans)))
	return nil
}

func (*counter) Shutdown(context.Context) error { return nil }

// metricExporter counts data points, and fails every third time.
type metricExporter struct{ exports, failures, largest atomic.Int64 }

func (*metricExporter) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

func (*metricExporter) Aggregation(k metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(k)
}

func (m *metricExporter) Export(_ context.Context, collected *metricdata.ResourceMetrics) error {
	m.largest.Store(max(m.largest.Load(), points(collected)))
	if m.exports.Add(1)%3 == 0 {
		m.failures.Add(1)
		return errors.New("not this time")
	}
	return nil
}

func points(collected *metricdata.ResourceMetrics) (n int64) {
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			// Whatever its type, it has a slice of them.
			n += int64(reflect.ValueOf(m.Data).FieldByName("DataPoints").Len())
		}
	}
	return n
}

func (*metricExporter) ForceFlush(context.Context) error { return nil }
func (*metricExporter) Shutdown(context.Context) error   { return nil }

// logExporter counts records.
type logExporter struct{ exports, records, largest atomic.Int64 }

func (l *logExporter) Export(_ context.Context, records []log.Record) error {
	l.exports.Add(1)
	l.records.Add(int64(len(records)))
	l.largest.Store(max(l.largest.Load(), int64(len(records))))
	return nil
}

func (*logExporter) ForceFlush(context.Context) error { return nil }
func (*logExporter) Shutdown(context.Context) error   { return nil }
