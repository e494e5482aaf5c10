// Command metering has many instruments, beside some spans, and is scraped by a child
// process, or exports its metrics over OTLP.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/otwatch/otwatch/test/field/programs/load"
	"github.com/otwatch/otwatch/test/field/programs/tracing"
)

type config struct {
	endpoint, scrape string
	counters, sets   int
	push             bool
}

const (
	rounds = 100 * time.Millisecond // time between two rounds of all counters
	period = time.Second            // time between two scrapes, or exports
)

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port")
	flag.StringVar(&cfg.scrape, "scrape", "", "of a child: scrape this address")
	flag.IntVar(&cfg.counters, "counters", 1000, "instruments")
	flag.IntVar(&cfg.sets, "sets", 20, "attribute sets of each")
	flag.BoolVar(&cfg.push, "push", false, "export over OTLP in place of being scraped")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "metering:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg config) error {
	if cfg.scrape != "" {
		load.Tell("scraping")
		return scrape(cfg.scrape)
	}
	if err := tracing.Start(cfg.endpoint); err != nil {
		return err
	}
	reader, err := newReader(ctx, cfg)
	if err != nil {
		return err
	}
	counters, err := newCounters(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), cfg.counters)
	if err != nil {
		return err
	}
	tracer := otel.Tracer("metering")
	load.Begin()
	if !cfg.push {
		if err := serve(); err != nil {
			return err
		}
	}
	go load.Every(20, func(int) {
		_, span := tracer.Start(ctx, "work")
		span.End()
	})
	round := 0
	for range time.Tick(rounds) {
		for i, counter := range counters {
			counter.Add(ctx, 1, metric.WithAttributes(attribute.Int("set", (round+i)%cfg.sets), attribute.String("route", "/orders")))
		}
		round++
	}
	return nil
}

func newReader(ctx context.Context, cfg config) (sdkmetric.Reader, error) {
	if !cfg.push {
		return prometheus.New()
	}
	exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(cfg.endpoint), otlpmetricgrpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	return sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(period)), nil
}

func newCounters(provider metric.MeterProvider, n int) (counters []metric.Int64Counter, err error) {
	meter := provider.Meter("metering")
	for i := range n {
		counter, err := meter.Int64Counter(fmt.Sprint("counter_", i))
		if err != nil {
			return nil, err
		}
		counters = append(counters, counter)
	}
	return counters, nil
}

// serve lets a child scrape the metrics.
func serve() error {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { load.Handle(http.Serve(listen, promhttp.Handler())) }()
	_, err = load.Peer("-scrape", listen.Addr().String())
	return err
}

func scrape(address string) error {
	for range time.Tick(period) {
		answer, err := http.Get("http://" + address)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	return nil
}
