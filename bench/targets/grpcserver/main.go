// Command grpcserver is a traced gRPC service: otelgrpc's stats handler, and a
// method that does some hashing within a span of its own. Its server and its
// exporter share gRPC's transport.
package main

import (
	"context"
	"flag"
	"net"
	"runtime"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

func main() {
	var tracing program.Tracing
	tracing.Flags()
	hashes := flag.Int("hashes", 400, "hashes per call")
	heap := flag.Int("heap", 64, "MiB of live heap")
	flag.Parse()
	program.Exit("grpcserver", run(tracing, *hashes, *heap))
}

func run(tracing program.Tracing, hashes, heap int) error {
	provider, err := tracing.Provider(context.Background())
	if err != nil {
		return err
	}
	live := program.Heap(heap)
	defer runtime.KeepAlive(live)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(provider))))
	grpc_testing.RegisterTestServiceServer(server, service{tracer: provider.Tracer("grpcserver"), hashes: hashes})
	go func() { _ = server.Serve(listener) }()
	program.Serve(listener.Addr().String())
	server.Stop()
	return nil
}

type service struct {
	grpc_testing.UnimplementedTestServiceServer
	tracer trace.Tracer
	hashes int
}

// UnaryCall answers with a hash.
func (s service) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	_, span := s.tracer.Start(ctx, "hash", trace.WithAttributes(attribute.Int("hashes", s.hashes)))
	defer span.End()
	sum := program.Hash([32]byte{}, s.hashes)
	return &grpc_testing.SimpleResponse{Payload: &grpc_testing.Payload{Body: sum[:]}}, nil
}
