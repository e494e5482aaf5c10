package program

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// turns is a provider, or the no-op one while the program is Untraced.
type turns struct {
	embedded.TracerProvider
	on, off trace.TracerProvider
}

func byTurns(on trace.TracerProvider) turns { return turns{on: on, off: noop.NewTracerProvider()} }

// Tracer returns a tracer of either.
func (p turns) Tracer(name string, options ...trace.TracerOption) trace.Tracer {
	return tracer{on: p.on.Tracer(name, options...), off: p.off.Tracer(name, options...)}
}

type tracer struct {
	embedded.Tracer
	on, off trace.Tracer
}

// Start starts a span of the tracer whose turn it is.
func (t tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if Untraced() {
		return t.off.Start(ctx, name, options...)
	}
	return t.on.Start(ctx, name, options...)
}
