package subject

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// receiver takes OTLP over gRPC and over HTTP, at once, and keeps nothing. A
// synchronous exporter thus leaves room for a load.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
	grpc               *grpc.Server
	http               http.Server
	overGRPC, overHTTP net.Listener
}

func newReceiver() (*receiver, error) {
	overGRPC, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a receiver of OTLP over gRPC: %w", err)
	}
	overHTTP, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		overGRPC.Close()
		return nil, fmt.Errorf("start a receiver of OTLP over HTTP: %w", err)
	}
	r := &receiver{grpc: grpc.NewServer(), http: http.Server{Handler: http.HandlerFunc(take)}, overGRPC: overGRPC, overHTTP: overHTTP}
	tracepb.RegisterTraceServiceServer(r.grpc, r)
	go func() { _ = r.grpc.Serve(overGRPC) }()
	go func() { _ = r.http.Serve(overHTTP) }()
	return r, nil
}

// Export takes spans over gRPC.
func (r *receiver) Export(context.Context, *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// take takes spans over HTTP: an empty answer is an ExportTraceServiceResponse
// that rejects none.
func take(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// endpoints are the two host:port.
func (r *receiver) endpoints() (grpc, http string) {
	return r.overGRPC.Addr().String(), r.overHTTP.Addr().String()
}

func (r *receiver) close() {
	r.grpc.Stop()
	_ = r.http.Close()
}
