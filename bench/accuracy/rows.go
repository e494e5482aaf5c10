package main

import "github.com/otwatch/otwatch/bench/internal/subject"

// comparisons are the loads that are compared, by the section of the page. Rates
// leave room on one core, traced and watched: a saturated program is a closed loop,
// which slows down where it should use more.
var comparisons = []struct {
	section string
	rows    []subject.Subject
}{{"accuracy", tracing}, {"signals", signals}, {"services", services}}

// tracing are programs that trace.
var tracing = []subject.Subject{
	{Name: "plain, 30k spans/s", Program: subject.Load, Rate: 10_000},
	{Name: "20 attributes a span", Program: subject.Load, Rate: 6_000, Args: []string{"-attrs", "20"}},
	{Name: "the application allocates 2 kB a span", Program: subject.Load, Rate: 10_000, Args: []string{"-alloc", "2000"}},
	{Name: "the application allocates 8 kB a span", Program: subject.Load, Rate: 5_000, Args: []string{"-alloc", "8000"}},
	{Name: "HTTP service, otelhttp", Program: subject.HTTPServer, Rate: 2_500},
	{Name: "HTTP service, otelhttp, against none", Program: subject.HTTPServer, Rate: 2_500, Args: []string{"-bare"}, Bare: true},
	{Name: "gRPC service, otelgrpc, transport shared with the exporter", Program: subject.GRPCServer, Rate: 2_500},
	{Name: "0 % sampling", Program: subject.Load, Rate: 10_000, Args: []string{"-sample", "0"}},
	{Name: "synchronous processor", Program: subject.Load, Rate: 300, Args: []string{"-sync"}, Stretch: 3},
	{Name: "OTLP over HTTP with gzip", Program: subject.Load, Rate: 10_000, Args: []string{"-protocol", "http"}},
	{Name: "plain, 1k spans/s", Program: subject.Load, Rate: 1_000. / 3, Args: []string{"-hashes", "400"}, Stretch: 3},
	{Name: "plain, 10k spans/s", Program: subject.Load, Rate: 10_000. / 3},
	{Name: "plain, 100k spans/s", Program: subject.Load, Rate: 100_000. / 3},
	{Name: "Caddy v2.11.9, its tracing handler", Program: subject.Caddy, Rate: 2_000, Bare: true},
}

// signals are programs with metrics or logs.
var signals = []subject.Subject{
	{Name: "HTTP service, otelhttp with metrics at 5 s, against none", Program: subject.HTTPServer, Rate: 2_500, Args: []string{"-bare", "-metrics"}, Bare: true},
	{Name: "metrics of each request at 5 s", Program: subject.Signals, Rate: 10_000, Args: []string{"-of", "metrics"}, Bare: true, Stretch: 2},
	{Name: "metrics of the runtime and the host at 5 s", Program: subject.Signals, Rate: 10_000, Args: []string{"-of", "runtime"}, Bare: true, Stretch: 3},
	{Name: "metrics, attribute sets without bound", Program: subject.Signals, Rate: 10_000, Args: []string{"-of", "attributesets"}, Bare: true, Stretch: 2},
	{Name: "metrics, Prometheus scraped each 5 s", Program: subject.Signals, Rate: 10_000, Args: []string{"-of", "prometheus"}, Bare: true, Stretch: 2},
	{Name: "otelslog, 20k records/s", Program: subject.Signals, Rate: 10_000, Args: []string{"-of", "slog"}, Bare: true},
	{Name: "otelzap, 20k records/s", Program: subject.Signals, Rate: 10_000, Args: []string{"-of", "zap"}, Bare: true},
}

// services are other people's programs, of which a second process does not trace.
var services = []subject.Subject{
	{Name: "etcd v3.7.3, puts through its gateway, against no tracing", Program: subject.Etcd, Rate: 300, Bare: true, Stretch: 2},
}
