package e2e

import (
	"context"
	"net"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// collector is the OpenTelemetry Collector's OTLP receiver on a port of its
// own. It can go away and come back; what it received stays.
type collector struct {
	address string
	traces  receiver.Traces // nil while it is away
	metrics receiver.Metrics

	mu      sync.Mutex
	spans   int
	exports []pmetric.Metrics // in the order of arrival
}

// newCollector returns one that is running and stops at the end of the test.
func newCollector(t *testing.T) *collector {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{address: listener.Addr().String()}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c.start(t)
	t.Cleanup(func() { c.stop(t) })
	return c
}

// start makes one receiver for both signals: the factory knows it by its
// configuration.
func (c *collector) start(t *testing.T) {
	t.Helper()
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(map[string]any{
		"protocols": map[string]any{"grpc": map[string]any{"endpoint": c.address}},
	}).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	settings := receiver.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger:         zap.NewNop(),
			TracerProvider: tracenoop.NewTracerProvider(),
			MeterProvider:  metricnoop.NewMeterProvider(),
			Resource:       pcommon.NewResource(),
		},
	}
	toTraces, err := consumer.NewTraces(c.consumeTraces)
	if err != nil {
		t.Fatal(err)
	}
	toMetrics, err := consumer.NewMetrics(c.consumeMetrics)
	if err != nil {
		t.Fatal(err)
	}
	if c.traces, err = factory.CreateTraces(t.Context(), settings, config, toTraces); err != nil {
		t.Fatal(err)
	}
	if c.metrics, err = factory.CreateMetrics(t.Context(), settings, config, toMetrics); err != nil {
		t.Fatal(err)
	}
	for _, part := range []component.Component{c.traces, c.metrics} {
		if err := part.Start(t.Context(), host{}); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *collector) stop(t *testing.T) {
	t.Helper()
	if c.traces == nil {
		return
	}
	for _, part := range []component.Component{c.traces, c.metrics} {
		if err := part.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	c.traces, c.metrics = nil, nil
}

func (c *collector) consumeTraces(_ context.Context, traces ptrace.Traces) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans += traces.SpanCount()
	return nil
}

func (c *collector) consumeMetrics(_ context.Context, metrics pmetric.Metrics) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exports = append(c.exports, metrics)
	return nil
}

func (c *collector) exportCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.exports)
}

func (c *collector) spanCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans
}

// host is a Collector without extensions.
type host struct{}

func (host) GetExtensions() map[component.ID]component.Component { return nil }
