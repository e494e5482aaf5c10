package memory

import (
	"context"
	"os"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// seen keeps the itabs of the spans that it is handed at their end.
type seen struct{ itabs []uint64 }

func (*seen) OnStart(context.Context, trace.ReadWriteSpan) {}
func (s *seen) OnEnd(span trace.ReadOnlySpan)              { s.itabs = append(s.itabs, words(span)[0]) }
func (*seen) Shutdown(context.Context) error               { return nil }
func (*seen) ForceFlush(context.Context) error             { return nil }

func TestIsSnapshot(t *testing.T) {
	var processor seen
	_, span := trace.NewTracerProvider(trace.WithSpanProcessor(&processor)).Tracer("").Start(t.Context(), "")
	span.End()
	reader := Reader{PID: os.Getpid()}
	other := tracetest.SpanStub{}.Snapshot()
	for _, test := range []struct {
		name string
		itab uint64
		want bool
	}{
		{"what OnEnd is handed", processor.itabs[0], true},
		{"another type", words(other)[0], false},
		{"an address that is none", 8, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := IsSnapshot(reader, test.itab, resolve); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
