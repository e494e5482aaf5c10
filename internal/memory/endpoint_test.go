package memory

import (
	"context"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// TestEndpoints reads where exporters in the test's own memory send to.
func TestEndpoints(t *testing.T) {
	made := func(e trace.SpanExporter, err error) trace.SpanExporter {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
		return e
	}
	overGRPC := func(options ...otlptracegrpc.Option) trace.SpanExporter {
		e, err := otlptracegrpc.New(t.Context(), options...)
		return made(e, err)
	}
	own, err := grpc.NewClient("dns:///own.test:4317", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	for _, test := range []struct {
		name     string
		exporter trace.SpanExporter
		want     Endpoint
	}{
		{"gRPC", overGRPC(otlptracegrpc.WithInsecure(), otlptracegrpc.WithEndpoint("collector.test:4317")), Endpoint{Text: "collector.test:4317"}},
		{"gRPC by URL", overGRPC(otlptracegrpc.WithEndpointURL("http://somebody:secret@collector.test:4317")), Endpoint{Text: "collector.test:4317"}},
		{"gRPC by a connection of the program's own", overGRPC(otlptracegrpc.WithGRPCConn(own)), Endpoint{Text: "dns:///own.test:4317"}},
		{"gRPC, not started", otlptracegrpc.NewUnstarted(), Endpoint{Unread: unreadEndpoint}},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := words(test.exporter)
			if got := identifyExporter(Reader{PID: os.Getpid()}, at[0], at[1], resolve).Endpoint; got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			runtime.KeepAlive(test.exporter)
		})
	}
}

// TestEndpointsInWords reads exporters that are made of words, as they are in each version.
func TestEndpointsInWords(t *testing.T) {
	const host, path = "somebody:secret@collector.test:4318", "/v1/traces?key=secret"
	put := func(words []uint64, text string) {
		words[0], words[1] = uint64(uintptr(unsafe.Pointer(unsafe.StringData(text)))), uint64(len(text))
	}
	overHTTP := func(insecure uint64, pathAt int) []uint64 {
		client := make([]uint64, clientWords)
		put(client, "traces")
		put(client[httpEndpoint:], host)
		client[httpInsecure], client[httpInsecure+1] = insecure, 0xc000010000
		client[pathAt-1] = 10e9 // the timeout
		put(client[pathAt:], path)
		return client
	}
	zipkin := make([]uint64, clientWords)
	put(zipkin, "http://somebody:secret@zipkin.test:9411/api/v2/spans?key=secret")
	for _, test := range []struct {
		name, component string
		client          []uint64
		want            string
	}{
		{"HTTP, v1.7 to v1.42", "otlp_http_span_exporter", overHTTP(1, 9), "http://collector.test:4318/v1/traces"},
		{"HTTP, with MaxRequestSize", "otlp_http_span_exporter", overHTTP(0, 10), "https://collector.test:4318/v1/traces"},
		{"HTTP, v1.47", "otlp_http_span_exporter", overHTTP(1, 12), "http://collector.test:4318/v1/traces"},
		{"Zipkin", "zipkin_http_span_exporter", zipkin, "http://zipkin.test:9411/api/v2/spans"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := endpointOf(Reader{PID: os.Getpid()}, test.component, uint64(uintptr(unsafe.Pointer(&test.client[0])))); got != (Endpoint{Text: test.want}) {
				t.Errorf("got %+v, want %s", got, test.want)
			}
			runtime.KeepAlive(test.client)
		})
	}
}

// TestEndpointOfNothing reads exporters whose memory is anything else.
func TestEndpointOfNothing(t *testing.T) {
	odd := make([]uint64, clientWords)
	for _, fill := range []uint64{0, 1, 8, 1 << 62} {
		for i := range odd {
			odd[i] = fill
		}
		for component := range map[string]bool{"otlp_grpc_span_exporter": true, "otlp_http_span_exporter": true, "zipkin_http_span_exporter": true, "main.exporter": true} {
			if got := endpointOf(Reader{PID: os.Getpid()}, component, uint64(uintptr(unsafe.Pointer(&odd[0])))); got.Text != "" || got.Unread == "" {
				t.Errorf("%s of %#x: %+v", component, fill, got)
			}
		}
	}
	runtime.KeepAlive(odd)
}
