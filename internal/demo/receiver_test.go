package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	v1 "go.opentelemetry.io/proto/otlp/metrics/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
)

// connect starts a Receiver and connects to it. Both end with the test.
func connect(t *testing.T) (*Receiver, *grpc.ClientConn) {
	t.Helper()
	receiver, err := NewReceiver()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receiver.Close)
	connection, err := grpc.NewClient(receiver.Endpoint(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	return receiver, connection
}

func TestReceiverCountsSpans(t *testing.T) {
	receiver, connection := connect(t)
	spansOf := func(n int) *trace.ScopeSpans { return &trace.ScopeSpans{Spans: make([]*trace.Span, n)} }
	for _, resources := range [][]*trace.ResourceSpans{
		{{ScopeSpans: []*trace.ScopeSpans{spansOf(7), spansOf(3)}}, {ScopeSpans: []*trace.ScopeSpans{spansOf(13)}}},
		{{ScopeSpans: []*trace.ScopeSpans{spansOf(1)}}},
		nil,
	} {
		request := &tracepb.ExportTraceServiceRequest{ResourceSpans: resources}
		for _, resource := range resources {
			for _, scope := range resource.ScopeSpans {
				for i := range scope.Spans {
					scope.Spans[i] = &trace.Span{Name: "span"}
				}
			}
		}
		if _, err := tracepb.NewTraceServiceClient(connection).Export(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(Received{TraceExports: 3, Spans: 24}, receiver.Received()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReceiverKeepsTheLastMetrics(t *testing.T) {
	receiver, connection := connect(t)
	integer := func(v int64) *v1.NumberDataPoint {
		return &v1.NumberDataPoint{Value: &v1.NumberDataPoint_AsInt{AsInt: v}}
	}
	double := func(v float64) *v1.NumberDataPoint {
		return &v1.NumberDataPoint{Value: &v1.NumberDataPoint_AsDouble{AsDouble: v}}
	}
	sum := func(points ...*v1.NumberDataPoint) *v1.Metric {
		return &v1.Metric{Name: "otel.sdk.span.started", Unit: "{span}", Data: &v1.Metric_Sum{Sum: &v1.Sum{DataPoints: points}}}
	}
	gauge := &v1.Metric{Name: "otwatch.tracing.cpu.share", Unit: "1", Data: &v1.Metric_Gauge{Gauge: &v1.Gauge{DataPoints: []*v1.NumberDataPoint{
		double(0.25), {Attributes: []*common.KeyValue{{Key: "bound"}}, Value: &v1.NumberDataPoint_AsDouble{AsDouble: 0.3}},
	}}}}
	histogram := &v1.Metric{Name: "otel.sdk.exporter.operation.duration", Unit: "s", Data: &v1.Metric_Histogram{
		Histogram: &v1.Histogram{DataPoints: []*v1.HistogramDataPoint{{Count: 20}, {Count: 3}}}}}
	for _, metrics := range [][]*v1.Metric{
		{sum(integer(5))},
		{sum(integer(40), integer(2), double(0.5)), histogram, gauge, {Name: "empty"}},
	} {
		request := &metricspb.ExportMetricsServiceRequest{
			ResourceMetrics: []*v1.ResourceMetrics{{ScopeMetrics: []*v1.ScopeMetrics{{Metrics: metrics}}}},
		}
		if _, err := metricspb.NewMetricsServiceClient(connection).Export(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	want := Received{MetricExports: 2, Metrics: []Metric{
		{"empty", "", 0},
		{"otel.sdk.exporter.operation.duration", "s", 23},
		{"otel.sdk.span.started", "{span}", 42.5},
		{"otwatch.tracing.cpu.share", "1", 0.25},
	}}
	if diff := cmp.Diff(want, receiver.Received()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
