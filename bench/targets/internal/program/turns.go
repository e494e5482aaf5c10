package program

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// patience bounds the last export of a provider.
const patience = 5 * time.Second

// turns is a provider of the SDK, or the no-op one while the program is Untraced.
// The SDK's is shut down then: the timer of its processor and the connection of its
// exporter alone would have a thread wait in the network poller, whom each timer of
// the application has to wake. It is for one goroutine at a time.
type turns struct {
	embedded.TracerProvider
	build   func() (*sdk.TracerProvider, error)
	current *sdk.TracerProvider
	tracers []*tracer
}

// newTurns returns turns that begins with a provider built.
func newTurns(build func() (*sdk.TracerProvider, error)) (*turns, error) {
	current, err := build()
	return &turns{build: build, current: current}, err
}

// Tracer returns a tracer of whichever provider's turn it is.
func (p *turns) Tracer(name string, options ...trace.TracerOption) trace.Tracer {
	t := &tracer{name: name, options: options}
	t.follow(p.current)
	p.tracers = append(p.tracers, t)
	return t
}

// turn shuts the SDK's provider down, or builds one anew.
func (p *turns) turn(untraced bool) error {
	if untraced == (p.current == nil) {
		return nil
	}
	if untraced {
		p.follow(noop.NewTracerProvider())
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ended := p.current
		p.current = nil
		return ended.Shutdown(ctx)
	}
	var err error
	if p.current, err = p.build(); err != nil {
		return fmt.Errorf("turn tracing on: %w", err)
	}
	p.follow(p.current)
	return nil
}

func (p *turns) follow(provider trace.TracerProvider) {
	for _, t := range p.tracers {
		t.follow(provider)
	}
}

type tracer struct {
	embedded.Tracer
	name    string
	options []trace.TracerOption
	current atomic.Pointer[trace.Tracer]
}

func (t *tracer) follow(provider trace.TracerProvider) {
	current := provider.Tracer(t.name, t.options...)
	t.current.Store(&current)
}

// Start starts a span of the provider whose turn it is.
func (t *tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	return (*t.current.Load()).Start(ctx, name, options...)
}
