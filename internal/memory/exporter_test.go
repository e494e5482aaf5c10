package memory

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestSplitMethod(t *testing.T) {
	tests := []struct {
		name, symbol, pkg, receiver string
	}{
		{"pointer receiver", "example.com/a/b.(*T).M", "example.com/a/b", "T"},
		{"value receiver", "example.com/a/b.T.M", "example.com/a/b", "T"},
		{"standard library", "os.(*File).Read", "os", "File"},
		{"main", "main.exporter.ExportSpans", "main", "exporter"},
		{"a dot in the module's name", "go.opentelemetry.io/otel/exporters/zipkin.(*Exporter).ExportSpans", "go.opentelemetry.io/otel/exporters/zipkin", "Exporter"},
		{"a version in the path", "example.com/a/v2.(*T).M", "example.com/a/v2", "T"},
		{"function", "example.com/a.F", "example.com/a", "F"},
		{"no package", "memmove", "memmove", ""},
		{"nothing", "", "", ""},
		{"a path only", "example/a", "example/a", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if pkg, receiver := splitMethod(test.symbol); pkg != test.pkg || receiver != test.receiver {
				t.Errorf("got %q and %q, want %q and %q", pkg, receiver, test.pkg, test.receiver)
			}
		})
	}
}

// words are the two words of an interface.
func words[T any](i T) [2]uint64 { return *(*[2]uint64)(unsafe.Pointer(&i)) }

// resolve names this process's own functions.
func resolve(address uint64) (string, bool) {
	f := runtime.FuncForPC(uintptr(address))
	if f == nil {
		return "", false
	}
	return f.Name(), true
}

// TestProcessorOfTheSDK reads a processor of the SDK in the test's own memory.
func TestProcessorOfTheSDK(t *testing.T) {
	const held = 23
	var exporter trace.SpanExporter = otlptracegrpc.NewUnstarted(otlptracegrpc.WithInsecure())
	processor := trace.NewBatchSpanProcessor(exporter, trace.WithMaxQueueSize(100), trace.WithMaxExportBatchSize(50),
		trace.WithBatchTimeout(time.Hour), trace.WithExportTimeout(time.Minute), trace.WithBlocking())
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(processor))
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	t.Cleanup(func() { _ = provider.Shutdown(ended) })
	for range held {
		_, span := provider.Tracer("test").Start(context.Background(), "span")
		span.End()
	}
	reader := Reader{PID: os.Getpid()}
	copied, err := Copy(reader, words(processor)[1])
	if err != nil {
		t.Fatal(err)
	}
	want := Processor{
		Address:  words(processor)[1],
		Exporter: Exporter{Address: words(exporter)[1], Itab: words(exporter)[0], Component: "otlp_grpc_span_exporter", Endpoint: Endpoint{Unread: unreadEndpoint}}, // not started
		Settings: snapshot.Settings{MaxQueueSize: 100, MaxExportBatchSize: 50, BatchTimeout: time.Hour, ExportTimeout: time.Minute, Blocking: true},
	}
	if diff := cmp.Diff(want, copied.Examine(reader, resolve)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := copied.ExporterAddress(); got != want.Exporter.Address {
		t.Errorf("its exporter is at %#x, want %#x", got, want.Exporter.Address)
	}
	// The spans fit a batch, so that all of them come to lie there.
	var reading snapshot.Reading
	for reading.Batch < held {
		runtime.Gosched()
		if copied, err = Copy(reader, want.Address); err != nil {
			t.Fatal(err)
		}
		if reading, err = copied.Reading(); err != nil {
			t.Fatal(err)
		}
	}
	if want := (snapshot.Reading{Batch: held}); reading != want {
		t.Errorf("got %+v, want %+v", reading, want)
	}
	runtime.KeepAlive(exporter)
}

// Variables of packages do not move, as those on stacks do.
var (
	dangling = [ImageWords]uint64{queue: 8} // its channel is where nothing is mapped
	known    = [3]uint64{23, 1 << 40, 0xfeedface}
)

func TestCopyOfNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		address uint64
	}{
		{"no processor", 8},
		{"a processor without a queue", uint64(uintptr(unsafe.Pointer(&dangling)))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := Copy(Reader{PID: os.Getpid()}, test.address); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}

// TestExporterNames names exporters in the test's own memory.
func TestExporterNames(t *testing.T) {
	nothing := func(uint64) (string, bool) { return "", false }
	tests := []struct {
		name     string
		exporter trace.SpanExporter
		resolve  func(uint64) (string, bool)
		want     string
		custom   bool
	}{
		{"OTLP by its client", otlptracegrpc.NewUnstarted(), resolve, "otlp_grpc_span_exporter", false},
		{"another by its Go type", tracetest.NewInMemoryExporter(), resolve, "go.opentelemetry.io/otel/sdk/trace/tracetest.InMemoryExporter", true},
		{"one whose methods have no names", tracetest.NewInMemoryExporter(), nothing, "unknown", false},
		{"none", nil, resolve, "unknown", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			interfaceWords := words(test.exporter)
			got := identifyExporter(Reader{PID: os.Getpid()}, interfaceWords[0], interfaceWords[1], test.resolve)
			got.Endpoint = Endpoint{}
			if want := (Exporter{Address: interfaceWords[1], Itab: interfaceWords[0], Component: test.want, Custom: test.custom}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			runtime.KeepAlive(test.exporter)
		})
	}
}
