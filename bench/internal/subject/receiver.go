package subject

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Receiver is how spans over gRPC are received: each export takes Delay and
// PerSpan for each of its spans, every SlowEvery-th takes Slow instead, and every
// FailEvery-th is refused, to be repeated after RetryAfter. The zero value
// receives at once, so that a synchronous exporter leaves room for a load.
type Receiver struct {
	Delay, PerSpan, Slow, RetryAfter time.Duration
	SlowEvery, FailEvery             uint64
}

// receiver takes OTLP over gRPC and over HTTP, and keeps nothing.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
	manner             atomic.Pointer[Receiver]
	exports            atomic.Uint64
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
	r.behave(Receiver{})
	tracepb.RegisterTraceServiceServer(r.grpc, r)
	metricspb.RegisterMetricsServiceServer(r.grpc, metricsReceiver{})
	logspb.RegisterLogsServiceServer(r.grpc, logsReceiver{})
	go func() { _ = r.grpc.Serve(overGRPC) }()
	go func() { _ = r.http.Serve(overHTTP) }()
	return r, nil
}

// behave sets how spans are received from now on.
func (r *receiver) behave(manner Receiver) {
	r.manner.Store(&manner)
	r.exports.Store(0)
}

// Export takes spans over gRPC.
func (r *receiver) Export(ctx context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	takes, err := r.manner.Load().receive(r.exports.Add(1), request)
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	return &tracepb.ExportTraceServiceResponse{}, err
}

// receive is how long the n-th export takes, and whether it is refused.
func (m *Receiver) receive(n uint64, request *tracepb.ExportTraceServiceRequest) (time.Duration, error) {
	switch {
	case m.FailEvery > 0 && n%m.FailEvery == 0:
		busy, err := status.New(codes.Unavailable, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(m.RetryAfter)})
		if err != nil {
			return 0, err
		}
		return m.Delay, busy.Err()
	case m.SlowEvery > 0 && n%m.SlowEvery == 0:
		return m.Slow, nil
	case m.PerSpan == 0:
		return m.Delay, nil
	}
	spans := 0
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			spans += len(scope.Spans)
		}
	}
	return m.Delay + time.Duration(spans)*m.PerSpan, nil
}

// metricsReceiver takes metrics over gRPC, at once.
type metricsReceiver struct {
	metricspb.UnimplementedMetricsServiceServer
}

func (metricsReceiver) Export(context.Context, *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	return &metricspb.ExportMetricsServiceResponse{}, nil
}

// logsReceiver takes log records over gRPC, at once.
type logsReceiver struct {
	logspb.UnimplementedLogsServiceServer
}

func (logsReceiver) Export(context.Context, *logspb.ExportLogsServiceRequest) (*logspb.ExportLogsServiceResponse, error) {
	return &logspb.ExportLogsServiceResponse{}, nil
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

// OverHTTP is the host:port at which the Bench takes OTLP over HTTP.
func (b *Bench) OverHTTP() string {
	_, overHTTP := b.otlp.endpoints()
	return overHTTP
}

func (r *receiver) close() {
	r.grpc.Stop()
	_ = r.http.Close()
}
