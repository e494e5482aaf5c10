// Command blocking is a traced program that exports each span where it ends: it has simple
// span processors, or batch processors of small batches, whose exporters wait either a short or
// a long time. It measures its own exports. It may export metrics too. It goes through the same
// steps as the reference program; the totals that it prints are the exports, the spans that
// failed, quantiles of the durations in microseconds, and the exports of metrics.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
)

type config struct {
	rate      int
	exporters int
	batch     int
	load      time.Duration
	short     time.Duration
	long      time.Duration
	metrics   time.Duration
}

// exporter keeps how long its exports took.
type exporter struct {
	cfg    config
	took   []time.Duration
	failed int64
}

func (e *exporter) Shutdown(context.Context) error { return nil }

var errRefused = errors.New("refused")

// ExportSpans takes long for one export in five, and one in ten fails.
func (e *exporter) ExportSpans(context.Context, []trace.ReadOnlySpan) error {
	begun := time.Now()
	wait := e.cfg.short
	if rand.IntN(5) == 0 {
		wait = e.cfg.long
	}
	time.Sleep(wait)
	e.took = append(e.took, time.Since(begun))
	if rand.IntN(10) == 0 {
		e.failed++
		return errRefused
	}
	return nil
}

func main() {
	var cfg config
	flag.IntVar(&cfg.rate, "rate", 300, "exports a second of all exporters together")
	flag.IntVar(&cfg.exporters, "exporters", 1, "providers, each with an exporter")
	flag.IntVar(&cfg.batch, "batch", 0, "spans in a batch; 0: simple processors")
	flag.DurationVar(&cfg.load, "load", 10*time.Second, "how long spans are made")
	flag.DurationVar(&cfg.short, "short", 5*time.Millisecond, "how long most exports take")
	flag.DurationVar(&cfg.long, "long", 20*time.Millisecond, "how long one in five takes")
	flag.DurationVar(&cfg.metrics, "metrics", 0, "time between exports of metrics; 0: none are exported")
	flag.Parse()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	input := bufio.NewScanner(os.Stdin)
	exporters := make([]*exporter, cfg.exporters)
	providers := make([]*trace.TracerProvider, cfg.exporters)
	for i := range exporters {
		exporters[i] = &exporter{cfg: cfg}
		providers[i] = trace.NewTracerProvider(cfg.processor(exporters[i]))
	}
	fmt.Println("ready")
	input.Scan()
	measured := measure(cfg.metrics)
	var group sync.WaitGroup
	for _, p := range providers {
		group.Go(func() { makeSpans(cfg, p) })
	}
	group.Wait()
	fmt.Println("loaded")
	input.Scan()
	of := totals(exporters)
	of["metrics"] = measured()
	_ = json.NewEncoder(os.Stdout).Encode(of)
	input.Scan()
}

// processor is an exporter's.
func (cfg config) processor(e trace.SpanExporter) trace.TracerProviderOption {
	if cfg.batch == 0 {
		return trace.WithSyncer(e)
	}
	return trace.WithBatcher(e, trace.WithMaxExportBatchSize(cfg.batch), trace.WithBatchTimeout(time.Hour))
}

// measure begins to export a metric, and returns what ends that and returns how often it was
// exported before.
func measure(every time.Duration) (end func() int64) {
	if every == 0 {
		return func() int64 { return 0 }
	}
	kept := &keptMetrics{}
	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(kept, metric.WithInterval(every))))
	counter, err := provider.Meter("blocking").Int64Counter("calls")
	if err != nil {
		panic(err)
	}
	counter.Add(context.Background(), 1)
	return func() int64 {
		exports := kept.exports.Load()
		_ = provider.Shutdown(context.Background())
		return exports
	}
}

// keptMetrics is an exporter that counts its exports.
type keptMetrics struct {
	metric.Exporter
	exports atomic.Int64
}

func (*keptMetrics) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

func (*keptMetrics) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}

func (k *keptMetrics) Export(context.Context, *metricdata.ResourceMetrics) error {
	k.exports.Add(1)
	return nil
}

func (*keptMetrics) Shutdown(context.Context) error { return nil }

// makeSpans makes one provider's part of the spans, at moments that chance gives.
func makeSpans(cfg config, provider *trace.TracerProvider) {
	tracer := provider.Tracer("blocking")
	mean := float64(time.Second) * float64(cfg.exporters) / float64(cfg.rate)
	for begun, due := time.Now(), time.Now(); time.Since(begun) < cfg.load; {
		due = due.Add(time.Duration(rand.ExpFloat64() * mean))
		time.Sleep(time.Until(due))
		for range max(1, cfg.batch) {
			_, span := tracer.Start(context.Background(), "work")
			span.End()
		}
	}
}

func totals(exporters []*exporter) map[string]int64 {
	var took []time.Duration
	var failed int64
	for _, e := range exporters {
		took = append(took, e.took...)
		failed += e.failed
	}
	slices.Sort(took)
	of := map[string]int64{"exports": int64(len(took)), "failed": failed}
	for _, percent := range []int{50, 90, 99} {
		of[fmt.Sprintf("p%d_us", percent)] = took[(len(took)*percent+99)/100-1].Microseconds()
	}
	return of
}
