package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestARequestIsThreeSpans(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	checkout(t.Context(), provider.Tracer("checkout"))
	spans := exporter.GetSpans()
	var names []string
	for _, span := range spans {
		names = append(names, span.Name)
	}
	if diff := cmp.Diff([]string{"reserve stock", "take payment", "POST /checkout"}, names); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	request := spans[2].SpanContext
	for _, step := range spans[:2] {
		if step.Parent.SpanID() != request.SpanID() {
			t.Errorf("%s is no child of the request", step.Name)
		}
	}
}

// TestRequestsReachTheReceiver sends requests as RunWorkload does.
func TestRequestsReachTheReceiver(t *testing.T) {
	const requests = 23
	receiver, err := NewReceiver()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receiver.Close)
	exporter, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpoint(receiver.Endpoint()), otlptracegrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	for range requests {
		checkout(t.Context(), provider.Tracer("checkout"))
	}
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := receiver.Received(); got.Spans != 3*requests || got.TraceExports == 0 || got.MetricExports != 0 {
		t.Errorf("received %+v, want %d spans", got, 3*requests)
	}
}
