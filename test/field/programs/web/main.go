// Command web is an HTTP client or server with otelhttp, in one of the situations that
// people have reported. The other ends are child processes, which are not traced.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/otwatch/otwatch/test/field/programs/load"
	"github.com/otwatch/otwatch/test/field/programs/tracing"
)

type config struct {
	endpoint, mode, peer string
	rate, unread, fan    int
	sub, each            bool
	streams, more        int
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port")
	flag.StringVar(&cfg.mode, "mode", "client", "client, server, fan; of a child: serve, drive")
	flag.StringVar(&cfg.peer, "peer", "", "address of the other end, for drive")
	flag.IntVar(&cfg.rate, "rate", 200, "requests per second")
	flag.IntVar(&cfg.unread, "unread", 0, "percent of the answers that a client closes unread")
	flag.IntVar(&cfg.fan, "fan", 25, "calls of a request")
	flag.BoolVar(&cfg.sub, "sub", false, "make spans of the parts of a call")
	flag.BoolVar(&cfg.each, "each", false, "make a transport for each request")
	flag.IntVar(&cfg.streams, "streams", 0, "streams of events at the beginning")
	flag.IntVar(&cfg.more, "more", 0, "further streams per second")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	switch cfg.mode {
	case "serve":
		return serve(http.HandlerFunc(page), func(address string) error { load.Tell(address); return nil })
	case "drive":
		load.Tell("driving")
		drive(ctx, cfg)
		return nil
	}
	if err := tracing.Start(cfg.endpoint); err != nil {
		return err
	}
	if cfg.mode == "server" {
		return serve(pages(), cfg.begin)
	}
	upstream, err := load.Peer("-mode", "serve")
	if err != nil {
		return err
	}
	client := &calls{config: cfg, upstream: "http://" + upstream + "/page"}
	if cfg.mode == "fan" {
		return serve(client.fanOut(), cfg.begin)
	}
	load.Begin()
	load.Every(cfg.rate, func(int) { client.job(ctx) })
	return nil
}

// begin lets a child send requests to an address.
func (cfg config) begin(address string) error {
	load.Begin()
	_, err := load.Peer(append(os.Args[1:], "-mode", "drive", "-peer", address)...)
	return err
}

// serve serves on a free port, and calls ready with its address.
func serve(handler http.Handler, ready func(address string) error) error {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- http.Serve(listen, handler) }()
	if err := ready(listen.Addr().String()); err != nil {
		return err
	}
	return <-failed
}

// tick is the time between two events of a stream.
const tick = 500 * time.Millisecond
