// Command perdial makes an interceptor for each connection, and a connection for each
// message, with otelgrpc of 2023. The other end is a child process.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

func main() {
	endpoint := flag.String("endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port")
	rate := flag.Int("rate", 100, "messages per second")
	serving := flag.Bool("serve", false, "be the other end")
	flag.Parse()
	run := func() error { return send(context.Background(), *endpoint, *rate) }
	if *serving {
		run = serve
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "perdial:", err)
		os.Exit(1)
	}
}

func serve() error {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	load.Tell(listen.Addr().String())
	return server.Serve(listen)
}

func send(ctx context.Context, endpoint string, rate int) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(load.Handle))
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return err
	}
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter)))
	peer, err := load.Peer("-serve")
	if err != nil {
		return err
	}
	tracer := otel.Tracer("perdial")
	load.Begin()
	load.Every(rate, func(int) {
		ctx, span := tracer.Start(ctx, "message")
		defer span.End()
		load.Add(load.Started, 1)
		if err := check(ctx, peer); err != nil {
			load.Handle(err)
		}
	})
	return nil
}

// check makes a call, and a span for it, over a connection of its own.
func check(ctx context.Context, peer string) error {
	connection, err := grpc.DialContext(ctx, peer, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(otelgrpc.UnaryClientInterceptor()))
	if err != nil {
		return err
	}
	defer connection.Close()
	load.Add(load.Started, 1)
	_, err = healthpb.NewHealthClient(connection).Check(ctx, &healthpb.HealthCheckRequest{})
	return err
}
