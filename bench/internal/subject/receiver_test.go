package subject

import (
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestReceiverFalters makes six exports of three spans to a receiver of which
// every third is slow and every fourth refused.
func TestReceiverFalters(t *testing.T) {
	manner := Receiver{Delay: 10, PerSpan: 2, Slow: 500, SlowEvery: 3, FailEvery: 4}
	request := &tracepb.ExportTraceServiceRequest{ResourceSpans: []*spanpb.ResourceSpans{
		{ScopeSpans: []*spanpb.ScopeSpans{{Spans: make([]*spanpb.Span, 2)}, {Spans: make([]*spanpb.Span, 1)}}},
	}}
	for i, want := range []time.Duration{16, 16, 500, 10, 16, 500} {
		took, err := manner.receive(uint64(i+1), request)
		refused := status.Code(err) == codes.Unavailable
		if took != want || refused != (i == 3) {
			t.Errorf("export %d takes %d, refused %v; want %d, and the fourth refused", i+1, took, err, want)
		}
	}
}
