// Package tracing sets up tracing for the programs with instrumentation of others: a batch
// processor, and OTLP over gRPC. A sampler counts the spans that are started.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

// Start sets the provider and the propagator.
func Start(endpoint string, options ...trace.TracerProviderOption) error {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(load.Handle))
	exporter, err := otlptracegrpc.New(context.Background(), otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return err
	}
	StartWith(trace.NewBatchSpanProcessor(exporter), options...)
	return nil
}

// StartWith does the same with another processor.
func StartWith(processor trace.SpanProcessor, options ...trace.TracerProviderOption) {
	options = append([]trace.TracerProviderOption{trace.WithSpanProcessor(processor), trace.WithSampler(counting{trace.AlwaysSample()})}, options...)
	otel.SetTracerProvider(trace.NewTracerProvider(options...))
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
}

// counting counts spans that are started.
type counting struct{ trace.Sampler }

func (c counting) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	load.Add(load.Started, 1)
	return c.Sampler.ShouldSample(p)
}
