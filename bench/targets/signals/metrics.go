package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/host"
	otelruntime "go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// routes are the values of the attribute that an ordinary program has.
const routes = 20

func overOTLP(ctx context.Context, cfg config, options ...sdk.Option) (*sdk.MeterProvider, error) {
	exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(cfg.endpoint), otlpmetricgrpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	reader := sdk.NewPeriodicReader(exporter, sdk.WithInterval(cfg.interval))
	return sdk.NewMeterProvider(append(options, sdk.WithReader(reader))...), nil
}

// appMetrics counts and measures each request.
func appMetrics(ctx context.Context, cfg config) (signal, error) {
	provider, err := overOTLP(ctx, cfg)
	if err != nil {
		return signal{}, err
	}
	return measuring(provider, func(request int) string { return strconv.Itoa(request % routes) })
}

// attributeSets has a new attribute set for each hundredth request, without a limit.
func attributeSets(ctx context.Context, cfg config) (signal, error) {
	provider, err := overOTLP(ctx, cfg, sdk.WithCardinalityLimit(0))
	if err != nil {
		return signal{}, err
	}
	return measuring(provider, func(request int) string { return strconv.Itoa(request / 100) })
}

func measuring(provider *sdk.MeterProvider, route func(request int) string) (signal, error) {
	meter := provider.Meter("signals")
	requests, err := meter.Int64Counter("requests")
	if err != nil {
		return signal{}, err
	}
	durations, err := meter.Float64Histogram("durations")
	if err != nil {
		return signal{}, err
	}
	return signal{stop: provider.Shutdown, record: func(ctx context.Context, request int) {
		attributes := metric.WithAttributes(attribute.String("route", route(request)), attribute.Int("status", 200))
		requests.Add(ctx, 1, attributes)
		durations.Record(ctx, float64(request%100), attributes)
	}}, nil
}

// runtimeAndHost has the two instrumentations, and no metrics of its own.
func runtimeAndHost(ctx context.Context, cfg config) (signal, error) {
	provider, err := overOTLP(ctx, cfg)
	if err != nil {
		return signal{}, err
	}
	err = errors.Join(otelruntime.Start(otelruntime.WithMeterProvider(provider)), host.Start(host.WithMeterProvider(provider)))
	return signal{stop: provider.Shutdown, record: func(context.Context, int) {}}, err
}

// prometheusExporter is scraped by a process of its own.
func prometheusExporter(_ context.Context, cfg config) (signal, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return signal{}, err
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(exporter))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return signal{}, err
	}
	server := &http.Server{Handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}
	go func() { _ = server.Serve(listener) }()
	scraper := exec.Command(os.Args[0], "-scrape", "http://"+listener.Addr().String(), "-interval", cfg.interval.String())
	scraper.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := scraper.Start(); err != nil {
		return signal{}, err
	}
	s, err := measuring(provider, func(request int) string { return strconv.Itoa(request % (10 * routes)) })
	s.stop = func(ctx context.Context) error {
		_ = scraper.Process.Kill()
		_ = scraper.Wait()
		return errors.Join(server.Close(), provider.Shutdown(ctx))
	}
	return s, err
}

// scrape gets a page until it is killed.
func scrape(cfg config) error {
	for {
		time.Sleep(cfg.interval)
		answer, err := http.Get(cfg.scrape)
		if err != nil {
			return fmt.Errorf("scrape: %w", err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}
