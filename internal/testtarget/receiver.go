package testtarget

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// Answer is what a receiver does with its nth export, from 1.
type Answer func(ctx context.Context, n uint64) (rejected int64, err error)

// Accept takes every span.
func Accept(context.Context, uint64) (int64, error) { return 0, nil }

// Receive starts an OTLP/gRPC receiver on a free port of 127.0.0.1 and returns
// its host:port. It ends with the test.
func Receive(t testing.TB, answer Answer) string {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, &service{answer: answer})
	go func() { _ = server.Serve(listen) }()
	t.Cleanup(server.Stop)
	return listen.Addr().String()
}

type service struct {
	tracepb.UnimplementedTraceServiceServer
	answer Answer
	n      atomic.Uint64
}

func (s *service) Export(ctx context.Context, _ *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	rejected, err := s.answer(ctx, s.n.Add(1))
	if err != nil {
		return nil, err
	}
	response := &tracepb.ExportTraceServiceResponse{}
	if rejected > 0 {
		response.PartialSuccess = &tracepb.ExportTracePartialSuccess{RejectedSpans: rejected, ErrorMessage: "not these"}
	}
	return response, nil
}
