package program

import (
	"bufio"
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
)

// TestProviderObeysTheLines asks for spans before and after each line.
func TestProviderObeysTheLines(t *testing.T) {
	provider, err := newTurns(func() (*trace.TracerProvider, error) { return trace.NewTracerProvider(), nil })
	if err != nil {
		t.Fatal(err)
	}
	OnTurn(provider.turn)
	tracer := provider.Tracer("test")
	recording := func() bool {
		_, span := tracer.Start(context.Background(), "span")
		defer span.End()
		return span.IsRecording()
	}
	if !recording() {
		t.Error("tracing is off before any line")
	}
	for _, test := range []struct {
		lines string
		want  bool
	}{{"without\n", false}, {"with\n", true}, {"without\nwith\n", true}, {"with\nwithout", false}} {
		ended = make(chan struct{})
		obey(bufio.NewScanner(strings.NewReader(test.lines)))
		<-ended
		if recording() != test.want {
			t.Errorf("after %q recording is %v", test.lines, !test.want)
		}
	}
}
