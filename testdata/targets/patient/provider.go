package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func newProvider(ctx context.Context, cfg exporting) (*trace.TracerProvider, error) {
	options := []otlptracegrpc.Option{
		otlptracegrpc.WithEndpoint(cfg.endpoint), otlptracegrpc.WithInsecure(),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: false}),
	}
	if cfg.gzip {
		options = append(options, otlptracegrpc.WithCompressor("gzip"))
	}
	exporter, err := newExporter(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	more := []trace.TracerProviderOption{
		processor(exporter, cfg),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(cfg.sample))),
	}
	if cfg.retain {
		more = append(more, trace.WithSpanProcessor(trace.NewSimpleSpanProcessor(retain(ctx, cfg.reset))))
	}
	return trace.NewTracerProvider(more...), nil
}

// retain returns an exporter that keeps spans, and empties it every so often until ctx ends.
func retain(ctx context.Context, every time.Duration) trace.SpanExporter {
	exporter := tracetest.NewInMemoryExporter()
	if every > 0 {
		go func() {
			for ctx.Err() == nil {
				time.Sleep(every)
				exporter.Reset()
			}
		}()
	}
	return exporter
}

func newExporter(ctx context.Context, cfg exporting, options []otlptracegrpc.Option) (trace.SpanExporter, error) {
	if cfg.unexported {
		return nil, nil
	}
	return otlptracegrpc.New(ctx, options...)
}

func processor(exporter trace.SpanExporter, cfg exporting) trace.TracerProviderOption {
	if cfg.sync {
		return trace.WithSyncer(exporter)
	}
	options := []trace.BatchSpanProcessorOption{
		trace.WithMaxQueueSize(cfg.queue), trace.WithMaxExportBatchSize(cfg.batch), trace.WithBatchTimeout(cfg.delay),
	}
	if cfg.blocking {
		options = append(options, trace.WithBlocking())
	}
	return trace.WithBatcher(exporter, options...)
}

// flushOften flushes a provider beside the requests, until ctx ends.
func flushOften(ctx context.Context, provider *trace.TracerProvider, every time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
			if err := provider.ForceFlush(ctx); err != nil {
				otel.Handle(err)
			}
		}
	}
}
