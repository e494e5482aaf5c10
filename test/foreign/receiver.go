package main

import (
	"context"
	"net"
	"sync"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// receiver takes OTLP over gRPC, and keeps of it when how many spans came.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
	mu       sync.Mutex
	arrivals []arrival
}

// arrival is one export.
type arrival struct {
	at    time.Time
	spans int
}

func (r *receiver) Export(_ context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	a := arrival{at: time.Now()}
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			a.spans += len(scope.Spans)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrivals = append(r.arrivals, a)
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// edge is how long before an export arrives it may have begun, and after it may
// return.
const edge = 250 * time.Millisecond

// between is how many spans came in exports that both began and returned between
// two moments: at least and, with those of which it is not certain, at most.
func (r *receiver) between(from, to time.Time) (least, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.arrivals {
		if a.at.After(from.Add(edge)) && a.at.Before(to.Add(-edge)) {
			least += a.spans
		}
		if a.at.After(from.Add(-edge)) && a.at.Before(to.Add(edge)) {
			most += a.spans
		}
	}
	return least, most
}

// receive starts a receiver, and returns its host:port.
func receive() (r *receiver, address string, stop func(), err error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", nil, err
	}
	r = &receiver{}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(listen) }()
	return r, listen.Addr().String(), server.Stop, nil
}

// freeAddress is a host:port that nothing listened at a moment ago.
func freeAddress() (string, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listen.Addr().String(), listen.Close()
}
