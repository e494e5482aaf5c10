package main

import (
	"context"
	"net"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// receiver takes OTLP over gRPC and keeps nothing.
type receiver struct {
	tracepb.UnimplementedTraceServiceServer
}

func (receiver) Export(context.Context, *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// receive starts one and returns its host:port.
func receive() (address string, stop func(), err error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(server, receiver{})
	go func() { _ = server.Serve(listen) }()
	return listen.Addr().String(), server.Stop, nil
}

// freeAddress is a host:port that nothing listened at a moment ago.
func freeAddress() (string, error) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listen.Addr().String(), listen.Close()
}
