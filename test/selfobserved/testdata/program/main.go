// Command program uses all signals of the SDK with self-observability on. It makes its load
// after a line on standard input, prints the SDK's own metrics as JSON, and ends after
// another line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// never is an interval that does not end while the program runs.
const never = time.Hour

// Arguments: host:port of an OTLP/gRPC receiver, of an OTLP/HTTP receiver, and of nobody.
func main() {
	ctx := context.Background()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	own := metric.NewManualReader()
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(own)))

	traces := tracing(ctx, os.Args[1], os.Args[2], os.Args[3])
	metrics := metering(ctx, os.Args[1])
	logs := logging(ctx, os.Args[1])

	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	lines.Scan()
	makeSpans(ctx, traces.Tracer("program"))
	makePoints(ctx, metrics)
	makeRecords(ctx, logs)
	_ = traces.ForceFlush(ctx) // one of its exporters has no receiver
	check(metrics.ForceFlush(ctx))
	check(logs.ForceFlush(ctx))
	check(json.NewEncoder(os.Stdout).Encode(collect(ctx, own)))
	lines.Scan()
}

// tracing exports to each receiver, to nobody, and to a file.
func tracing(ctx context.Context, overGRPC, overHTTP, nobody string) *sdktrace.TracerProvider {
	grpc, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(overGRPC), otlptracegrpc.WithInsecure())
	check(err)
	http, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(overHTTP), otlptracehttp.WithInsecure())
	check(err)
	lost, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(nobody), otlptracegrpc.WithInsecure(),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}))
	check(err)
	written, err := stdouttrace.New(stdouttrace.WithWriter(io.Discard))
	check(err)
	batched := func(exporter sdktrace.SpanExporter) sdktrace.TracerProviderOption {
		return sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(never), sdktrace.WithMaxQueueSize(128), sdktrace.WithMaxExportBatchSize(32))
	}
	return sdktrace.NewTracerProvider(sdktrace.WithSampler(byName{}), batched(grpc), batched(lost), batched(written), sdktrace.WithSyncer(http))
}

func metering(ctx context.Context, overGRPC string) *metric.MeterProvider {
	exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(overGRPC), otlpmetricgrpc.WithInsecure())
	check(err)
	return metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exporter, metric.WithInterval(never))))
}

func logging(ctx context.Context, overGRPC string) *log.LoggerProvider {
	exporter, err := otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(overGRPC), otlploggrpc.WithInsecure())
	check(err)
	return log.NewLoggerProvider(log.WithProcessor(log.NewBatchProcessor(exporter,
		log.WithExportInterval(never), log.WithMaxQueueSize(64), log.WithExportMaxBatchSize(16))))
}

// byName samples spans as their names say.
type byName struct{}

func (byName) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	decisions := map[string]sdktrace.SamplingDecision{"drop": sdktrace.Drop, "record": sdktrace.RecordOnly, "sample": sdktrace.RecordAndSample}
	return sdktrace.SamplingResult{Decision: decisions[p.Name]}
}

func (byName) Description() string { return "by name" }

// makeSpans makes spans of each sampling result and each origin of the parent, in numbers
// that differ. One of each is not ended.
func makeSpans(ctx context.Context, tracer trace.Tracer) {
	_, parent := tracer.Start(ctx, "sample")
	remote := trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true}))
	n := 1
	for _, from := range []context.Context{ctx, trace.ContextWithSpan(ctx, parent), remote} {
		for _, name := range []string{"drop", "record", "sample"} {
			n += 3
			for i := range n {
				_, span := tracer.Start(from, name)
				if i > 0 {
					span.End()
				}
			}
		}
	}
	parent.End()
}

func makePoints(ctx context.Context, provider *metric.MeterProvider) {
	for _, name := range []string{"one", "two", "three"} {
		counter, err := provider.Meter("program").Int64Counter(name)
		check(err)
		counter.Add(ctx, 1)
	}
}

func makeRecords(ctx context.Context, provider *log.LoggerProvider) {
	for range 23 {
		provider.Logger("program").Emit(ctx, otellog.Record{})
	}
}

// series is one of the SDK's own. The value of a histogram is its count.
type series struct {
	Name       string
	Attributes map[string]string
	Value      int64
}

func collect(ctx context.Context, reader *metric.ManualReader) (all []series) {
	var collected metricdata.ResourceMetrics
	check(reader.Collect(ctx, &collected))
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					all = append(all, series{m.Name, texts(p.Attributes), p.Value})
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					all = append(all, series{m.Name, texts(p.Attributes), int64(p.Count)})
				}
			default:
				check(errors.New(m.Name + " is of another kind"))
			}
		}
	}
	return all
}

func texts(set attribute.Set) map[string]string {
	attributes := map[string]string{}
	for _, a := range set.ToSlice() {
		attributes[string(a.Key)] = a.Value.Emit()
	}
	return attributes
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "program:", err)
		os.Exit(1)
	}
}
