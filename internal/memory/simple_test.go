package memory

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
)

// TestExamineSimple reads a processor in the test's own memory, as it is and as
// it was before v1.15.
func TestExamineSimple(t *testing.T) {
	var exporter trace.SpanExporter = otlptracegrpc.NewUnstarted()
	processor := trace.NewSimpleSpanProcessor(exporter)
	var observed, old [8]uint64
	observed[simpleExporter], observed[simpleExporter+1], observed[simpleInst] = words(exporter)[0], words(exporter)[1], 8
	old[simpleExporterOld], old[simpleExporterOld+1], old[simpleInst] = words(exporter)[0], words(exporter)[1], 8
	known := Exporter{Address: words(exporter)[1], Itab: words(exporter)[0], Component: "otlp_grpc_span_exporter", Endpoint: Endpoint{Unread: unreadEndpoint}} // not started
	for _, test := range []struct {
		name    string
		address uint64
		want    Processor
	}{
		{"the SDK's", words(processor)[1], Processor{Exporter: known}},
		{"with metrics of its own", uint64(uintptr(unsafe.Pointer(&observed))), Processor{Exporter: known, SelfObserved: true}},
		{"before v1.15", uint64(uintptr(unsafe.Pointer(&old))), Processor{Exporter: known}},
		{"no processor", 8, Processor{Exporter: Exporter{Component: UnknownComponent, Endpoint: Endpoint{Unread: "no exporter was found"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.want.Address = test.address
			if got := ExamineSimple(Reader{PID: os.Getpid()}, test.address, resolve); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	runtime.KeepAlive(processor)
}

// TestSelfObserved looks where each version has it.
func TestSelfObserved(t *testing.T) {
	with := func(at, word int, value uint64) Image {
		i := batched(at)
		i.Words[word] |= value
		return i
	}
	for _, test := range []struct {
		name  string
		image Image
		want  bool
	}{
		{"v1.39 and later, on", with(80, 9, 0xc000), true},
		{"v1.39 and later, off", batched(80), false},
		{"v1.38, on", with(LateOffset, dropped, 1<<32), true},
		{"v1.38, off", with(LateOffset, 9, 0xc000), false},
		{"before v1.38", batched(72), false},
		{"no batch", image(), false},
	} {
		if got := test.image.selfObserved(); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
