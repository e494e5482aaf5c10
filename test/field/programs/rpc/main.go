// Command rpc is a gRPC client or server with otelgrpc, in one of the situations that
// people have reported. The other end is a child process, which is not traced.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/otwatch/otwatch/test/field/programs/load"
	"github.com/otwatch/otwatch/test/field/programs/tracing"
)

type config struct {
	endpoint, mode, peer string
	own, untraced, each  bool
	rate, calls, health  int
	streams, more        int
	live                 time.Duration
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port")
	flag.StringVar(&cfg.mode, "mode", "client", "client, server; of a child: serve, drive")
	flag.StringVar(&cfg.peer, "peer", "", "address of the other end, for drive")
	flag.BoolVar(&cfg.own, "own", false, "hand spans to a processor of the program, in place of an exporter")
	flag.BoolVar(&cfg.untraced, "untraced", false, "have the no-op provider")
	flag.BoolVar(&cfg.each, "each", false, "make a connection and a handler for each request")
	flag.IntVar(&cfg.rate, "rate", 200, "requests per second")
	flag.IntVar(&cfg.calls, "calls", 4, "calls of a client's request")
	flag.IntVar(&cfg.health, "health", 0, "health checks per second, which the server's filter leaves out")
	flag.IntVar(&cfg.streams, "streams", 0, "watches at the beginning")
	flag.IntVar(&cfg.more, "more", 0, "further watches per second")
	flag.DurationVar(&cfg.live, "live", time.Hour, "how long a watch lives")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "rpc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	switch cfg.mode {
	case "serve":
		return serve(grpc.NewServer(), func(address string) error { load.Tell(address); return nil })
	case "drive":
		load.Tell("driving")
		return drive(ctx, cfg)
	}
	if err := trace(cfg); err != nil {
		return err
	}
	if cfg.mode == "client" {
		address, err := load.Peer("-mode", "serve")
		if err != nil {
			return err
		}
		load.Begin()
		return call(ctx, cfg, address)
	}
	return serve(tracedServer(), func(address string) error {
		load.Begin()
		_, err := load.Peer(append(os.Args[1:], "-mode", "drive", "-peer", address)...)
		return err
	})
}

func trace(cfg config) error {
	switch {
	case cfg.untraced:
		otel.SetTracerProvider(noop.NewTracerProvider())
		return nil
	case cfg.own:
		tracing.StartWith(&ledger{})
		return nil
	}
	return tracing.Start(cfg.endpoint)
}

// serve serves on a free port, and calls ready with its address.
func serve(server *grpc.Server, ready func(address string) error) error {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	healthpb.RegisterHealthServer(server, health.NewServer())
	server.RegisterService(&orders, nil)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listen) }()
	if err := ready(listen.Addr().String()); err != nil {
		return err
	}
	return <-failed
}
