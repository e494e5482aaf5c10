//go:build monitoring

package e2e

import (
	"context"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// startRelay runs a Collector's pipeline until the end of the test: metrics come by
// OTLP/gRPC to the returned address, are batched, and go on by OTLP/HTTP.
func startRelay(t *testing.T, endpoint string) string {
	t.Helper()
	address := freeAddress(t)

	send := otlphttpexporter.NewFactory()
	sendConfig := configured(t, send, map[string]any{"metrics_endpoint": endpoint + "/v1/metrics"})
	out, err := send.CreateMetrics(t.Context(), exporter.Settings{ID: component.NewID(send.Type()), TelemetrySettings: quiet()}, sendConfig)
	if err != nil {
		t.Fatal(err)
	}
	batch := batchprocessor.NewFactory()
	batchConfig := configured(t, batch, map[string]any{"timeout": "200ms"})
	through, err := batch.CreateMetrics(t.Context(), processor.Settings{ID: component.NewID(batch.Type()), TelemetrySettings: quiet()}, batchConfig, out)
	if err != nil {
		t.Fatal(err)
	}
	receive := otlpreceiver.NewFactory()
	receiveConfig := configured(t, receive, map[string]any{"protocols": map[string]any{"grpc": map[string]any{"endpoint": address}}})
	in, err := receive.CreateMetrics(t.Context(), receiver.Settings{ID: component.NewID(receive.Type()), TelemetrySettings: quiet()}, receiveConfig, through)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []component.Component{out, through, in} {
		if err := part.Start(t.Context(), host{}); err != nil {
			t.Fatal(err)
		}
		// Cleanups run in the reverse order, in which nothing is lost.
		t.Cleanup(func() {
			if err := part.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	return address
}

func configured(t *testing.T, factory component.Factory, settings map[string]any) component.Config {
	t.Helper()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(settings).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	return config
}

func quiet() component.TelemetrySettings {
	return component.TelemetrySettings{
		Logger: zap.NewNop(), TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(), Resource: pcommon.NewResource(),
	}
}
