package memory

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// metricExporter is a program's own.
type metricExporter struct{ metric.Exporter }

func (metricExporter) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}
func (metricExporter) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

// TestMetricExporter reads readers of the SDK in the test's own memory.
func TestMetricExporter(t *testing.T) {
	grpc, err := otlpmetricgrpc.New(context.Background(), otlpmetricgrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = grpc.Shutdown(context.Background()) })
	for _, test := range []struct {
		name     string
		exporter metric.Exporter
		want     string
	}{
		{"OTLP", grpc, "otlp_grpc_metric_exporter"},
		{"another by its Go type", &metricExporter{}, "github.com/otwatch/otwatch/internal/memory.metricExporter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			reader := metric.NewPeriodicReader(test.exporter, metric.WithInterval(time.Hour))
			if got := MetricExporter(Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(reader))), resolve); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			runtime.KeepAlive(reader)
		})
	}
	if got := MetricExporter(Reader{PID: os.Getpid()}, 8, resolve); got != UnknownComponent {
		t.Errorf("no reader has %q", got)
	}
}

// logExporter is an interface in memory: the address of an itab, and what it is of.
type logExporter struct {
	itab *[4]uint64
	of   unsafe.Pointer
}

// TestLogExporter unwraps what the log SDK wraps exporters in.
func TestLogExporter(t *testing.T) {
	methods := map[uint64]string{
		1: "go.opentelemetry.io/otel/sdk/log.(*metricsExporter).Export",
		2: "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc.(*Exporter).Export",
		3: "main.(*exporter).Export",
	}
	resolve := func(address uint64) (string, bool) { name, ok := methods[address]; return name, ok }
	of := func(method uint64, of *logExporter) *logExporter {
		return &logExporter{&[4]uint64{3: method}, unsafe.Pointer(of)}
	}
	cyclic := of(1, nil)
	cyclic.of = unsafe.Pointer(cyclic)
	for _, test := range []struct {
		name    string
		wrapper *logExporter
		want    string
	}{
		{"OTLP", of(2, nil), "otlp_grpc_log_exporter"},
		{"OTLP with self-observability", of(1, of(2, nil)), "otlp_grpc_log_exporter"},
		{"a program's own", of(3, nil), "main.exporter"},
		{"one without a name", of(4, nil), UnknownComponent},
		{"a wrapper of nothing", of(1, nil), UnknownComponent},
		{"a wrapper of itself", cyclic, UnknownComponent},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := LogExporter(Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(test.wrapper))), resolve); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			runtime.KeepAlive(test.wrapper)
		})
	}
}
