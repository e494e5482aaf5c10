// Command blocking is a traced program that exports each span where it ends: it has simple
// span processors, whose exporters wait either a short or a long time. It measures its own
// exports. It goes through the same steps as the reference program; the totals that it
// prints are the exports, the spans that failed, and quantiles of the durations in
// microseconds.
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
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
)

type config struct {
	rate      int
	exporters int
	load      time.Duration
	short     time.Duration
	long      time.Duration
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
	flag.DurationVar(&cfg.load, "load", 10*time.Second, "how long spans are made")
	flag.DurationVar(&cfg.short, "short", 5*time.Millisecond, "how long most exports take")
	flag.DurationVar(&cfg.long, "long", 20*time.Millisecond, "how long one in five takes")
	flag.Parse()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	input := bufio.NewScanner(os.Stdin)
	exporters := make([]*exporter, cfg.exporters)
	providers := make([]*trace.TracerProvider, cfg.exporters)
	for i := range exporters {
		exporters[i] = &exporter{cfg: cfg}
		providers[i] = trace.NewTracerProvider(trace.WithSyncer(exporters[i]))
	}
	fmt.Println("ready")
	input.Scan()
	var group sync.WaitGroup
	for _, p := range providers {
		group.Go(func() { makeSpans(cfg, p) })
	}
	group.Wait()
	fmt.Println("loaded")
	input.Scan()
	_ = json.NewEncoder(os.Stdout).Encode(totals(exporters))
	input.Scan()
}

// makeSpans makes one provider's part of the spans, at moments that chance gives.
func makeSpans(cfg config, provider *trace.TracerProvider) {
	tracer := provider.Tracer("blocking")
	mean := float64(time.Second) * float64(cfg.exporters) / float64(cfg.rate)
	for begun, due := time.Now(), time.Now(); time.Since(begun) < cfg.load; {
		due = due.Add(time.Duration(rand.ExpFloat64() * mean))
		time.Sleep(time.Until(due))
		_, span := tracer.Start(context.Background(), "work")
		span.End()
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
