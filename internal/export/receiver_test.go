package export

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc"
)

// receiver is an OTLP/gRPC metrics receiver that can go away and come back at
// its address.
type receiver struct {
	collector.UnimplementedMetricsServiceServer
	address string
	options []grpc.ServerOption
	answer  func(context.Context, int64) error // by pid; nil accepts

	mu     sync.Mutex
	server *grpc.Server
	hits   map[int64][]int64 // otwatch.probe.hits as they arrived, by process.pid
}

// newReceiver returns one that is not there yet.
func newReceiver(t *testing.T, options ...grpc.ServerOption) *receiver {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{address: listener.Addr().String(), options: options, hits: map[int64][]int64{}}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
	return r
}

func (r *receiver) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(r.options...)
	collector.RegisterMetricsServiceServer(server, r)
	r.mu.Lock()
	r.server = server
	r.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // returns when stop is called
}

func (r *receiver) stop() {
	r.mu.Lock()
	server := r.server
	r.server = nil
	r.mu.Unlock()
	if server != nil {
		server.Stop()
	}
}

func (r *receiver) Export(ctx context.Context, request *collector.ExportMetricsServiceRequest) (*collector.ExportMetricsServiceResponse, error) {
	for _, rm := range request.GetResourceMetrics() {
		var pid int64
		for _, kv := range rm.GetResource().GetAttributes() {
			if kv.GetKey() == "process.pid" {
				pid = kv.GetValue().GetIntValue()
			}
		}
		if r.answer != nil {
			if err := r.answer(ctx, pid); err != nil {
				return nil, err
			}
		}
		for _, m := range rm.GetScopeMetrics()[0].GetMetrics() {
			if m.GetName() == "otwatch.probe.hits" {
				r.mu.Lock()
				r.hits[pid] = append(r.hits[pid], m.GetSum().GetDataPoints()[0].GetAsInt())
				r.mu.Unlock()
			}
		}
	}
	return &collector.ExportMetricsServiceResponse{}, nil
}

// arrived returns the totals that came from one target, in order.
func (r *receiver) arrived(pid int64) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]int64(nil), r.hits[pid]...)
}

// last is the newest total of one target, or -1.
func (r *receiver) last(pid int64) int64 {
	if hits := r.arrived(pid); len(hits) > 0 {
		return hits[len(hits)-1]
	}
	return -1
}

// logs keeps what was logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) warnings() int { return strings.Count(l.String(), "level=WARN") }
func (l *logs) infos() int    { return strings.Count(l.String(), "level=INFO") }

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// eventually waits, for as long as a slow machine may take, until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
