package whatif

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	proto "go.opentelemetry.io/proto/otlp/trace/v1"
	protobuf "google.golang.org/protobuf/proto"
)

// payloads are kinds of spans: how their attributes differ from span to span.
var payloads = []struct {
	name       string
	attributes func(*rand.Rand) []attribute.KeyValue
}{
	{"no attributes", func(*rand.Rand) []attribute.KeyValue { return nil }},
	{"an HTTP server's", func(random *rand.Rand) []attribute.KeyValue {
		return []attribute.KeyValue{
			attribute.String("http.request.method", "GET"),
			attribute.String("url.path", fmt.Sprintf("/orders/%d", random.IntN(10_000))),
			attribute.String("http.route", "/orders/{id}"),
			attribute.Int("http.response.status_code", 200),
			attribute.String("server.address", "shop.example.com"),
			attribute.Int("server.port", 8080),
			attribute.String("client.address", fmt.Sprintf("10.0.%d.%d", random.IntN(256), random.IntN(256))),
			attribute.String("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
		}
	}},
	{"20 that hardly vary", func(random *rand.Rand) (all []attribute.KeyValue) {
		for i := range 20 {
			all = append(all, attribute.String(fmt.Sprintf("app.attribute.%d", i), fmt.Sprintf("value %d", random.IntN(10))))
		}
		return all
	}},
	{"a random key of 32 digits", func(random *rand.Rand) []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String("app.key", fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()))}
	}},
}

// TestGzipRatio holds GzipRatio to what gzip makes of payloads that the SDK's
// exporter encodes.
func TestGzipRatio(t *testing.T) {
	var rows []string
	least, most := 1e9, 0.0
	for _, payload := range payloads {
		row := "| " + payload.name
		for _, spans := range []int{64, 512, 4096} {
			encoded, zipped := zip(t, spans, payload.attributes)
			ratio := float64(encoded) / float64(zipped)
			least, most = min(least, ratio), max(most, ratio)
			row += fmt.Sprintf(" | %.1f", ratio)
		}
		rows = append(rows, row+" |")
	}
	table := strings.Join(rows, "\n")
	t.Log("\n" + table)
	if least < GzipRatio.Low || most > GzipRatio.High {
		t.Errorf("ratios of %.1f to %.1f, want within %v to %v", least, most, GzipRatio.Low, GzipRatio.High)
	}
	if *update {
		writeTable(t, "gzip", table)
	}
}

// zip returns the size of an export of spans, encoded and compressed.
func zip(t *testing.T, spans int, attributes func(*rand.Rand) []attribute.KeyValue) (encoded, zipped int) {
	t.Helper()
	client := &capture{}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(otlptrace.NewUnstarted(client),
		sdk.WithMaxExportBatchSize(spans), sdk.WithMaxQueueSize(2*spans)))
	random, tracer := rand.New(rand.NewPCG(1, 2)), provider.Tracer("example.com/shop")
	for i := range spans {
		_, span := tracer.Start(context.Background(), []string{"GET /orders/{id}", "SELECT orders", "render"}[i%3],
			trace.WithAttributes(attributes(random)...))
		span.End()
	}
	if err := provider.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	data, err := protobuf.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: client.spans})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	writer.Write(data)
	writer.Close()
	return len(data), out.Len()
}

// capture is an OTLP client that keeps what it should send.
type capture struct{ spans []*proto.ResourceSpans }

func (*capture) Start(context.Context) error { return nil }
func (*capture) Stop(context.Context) error  { return nil }
func (c *capture) UploadTraces(_ context.Context, spans []*proto.ResourceSpans) error {
	c.spans = append(c.spans, spans...)
	return nil
}
