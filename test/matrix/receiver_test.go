package matrix

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// receiver takes OTLP over gRPC and HTTP, and Zipkin's JSON, and counts spans.
// The first OTLP request it sends away for now: the exporter has to retry it.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
	spans      atomic.Int64
	requests   atomic.Int64 // OTLP
	grpc, http string       // host:port
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	overGRPC := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(overGRPC, r)
	go func() { _ = overGRPC.Serve(listen) }()
	t.Cleanup(overGRPC.Stop)
	overHTTP := httptest.NewServer(r)
	t.Cleanup(overHTTP.Close)
	r.grpc, r.http = listen.Addr().String(), strings.TrimPrefix(overHTTP.URL, "http://")
	return r
}

// address is where an exporter sends to.
func (r *receiver) address(e exporter) string {
	if e.file == "otlpgrpc" {
		return r.grpc
	}
	return r.http
}

// Export takes OTLP over gRPC.
func (r *receiver) Export(_ context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	if r.requests.Add(1) == 1 {
		return nil, status.Error(codes.Unavailable, "come again")
	}
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			r.spans.Add(int64(len(scope.Spans)))
		}
	}
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// ServeHTTP takes OTLP and Zipkin's JSON.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err == nil && request.URL.Path == "/api/v2/spans" {
		err = r.zipkin(w, body)
	} else if err == nil {
		err = r.otlp(w, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (r *receiver) zipkin(w http.ResponseWriter, body []byte) error {
	var spans []json.RawMessage
	if err := json.Unmarshal(body, &spans); err != nil {
		return err
	}
	r.spans.Add(int64(len(spans)))
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (r *receiver) otlp(w http.ResponseWriter, body []byte) error {
	var request tracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		return err
	}
	if _, err := r.Export(context.Background(), &request); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	return nil
}
