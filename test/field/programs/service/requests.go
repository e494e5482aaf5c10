package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

// requests is what requests do.
type requests struct {
	rate, burst, work, workers int
	every                      time.Duration
	children, body, invalid    int
	events, twice, flush       bool
	scopes, providers, apart   bool
	parent                     string
}

const (
	failEvery = 100 // one of so many requests fails
	burstOf   = 4   // goroutines that make a burst
	patience  = 5 * time.Second
)

type service struct {
	config
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	children trace.Tracer
	started  context.Context // of the span of the start
	text     string
}

// startUp makes the span of the start, which no one ends, if requests are its children.
func (s *service) startUp(ctx context.Context) {
	s.text = strings.Repeat(`{"id": 12345, "name": "a thing"}, `, 1+s.body/34)
	if s.parent == "startup" {
		s.started, _ = s.tracer.Start(ctx, "start up")
		load.Add(load.Started, 1)
	}
}

func (s *service) serve(ctx context.Context) {
	switch {
	case s.burst > 0:
		for {
			s.job(ctx)
			time.Sleep(s.every)
		}
	case s.workers > 0:
		var all sync.WaitGroup
		for range s.workers {
			all.Go(func() {
				for i := 0; ; i++ {
					s.request(ctx, i)
				}
			})
		}
		all.Wait()
	default:
		load.Every(s.rate, func(i int) { s.request(ctx, i) })
	}
}

// job makes a span and its children at once.
func (s *service) job(ctx context.Context) {
	ctx, span := s.start(ctx, s.tracer, "job")
	var all sync.WaitGroup
	for range burstOf {
		all.Go(func() {
			for i := range s.burst / burstOf {
				_, row := s.start(ctx, s.tracer, "row")
				row.SetAttributes(attribute.Int("row", i))
				s.end(row)
			}
		})
	}
	all.Wait()
	s.end(span)
}

func (s *service) request(ctx context.Context, i int) {
	ctx, span := s.start(s.parentOf(ctx), s.tracerOf(ctx, i), "request")
	span.SetAttributes(attribute.String("http.request.method", "GET"), attribute.String("peer", s.peer(i)))
	if s.body > 0 {
		s.describe(span, i)
	}
	for range s.config.children {
		_, child := s.start(ctx, s.children, "look up")
		s.end(child)
	}
	if i%failEvery == 0 {
		span.SetStatus(codes.Error, "not found")
	}
	load.Work(s.work)
	s.end(span)
	if s.flush {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		began := time.Now()
		_ = s.provider.ForceFlush(ctx)
		load.Add("flushes", 1)
		load.Add("flush_us", time.Since(began).Microseconds())
	}
}

func (s *service) start(ctx context.Context, tracer trace.Tracer, name string) (context.Context, trace.Span) {
	ctx, span := tracer.Start(ctx, name)
	load.Add(load.Started, 1)
	return ctx, span
}

func (s *service) end(span trace.Span) {
	span.End()
	load.Add(load.Ended, 1)
	if s.twice {
		span.End()
	}
}

// parentOf has the parent of a request's span.
func (s *service) parentOf(ctx context.Context) context.Context {
	switch s.parent {
	case "startup":
		return s.started
	case "unsampled":
		return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, Remote: true,
		}))
	}
	return ctx
}

func (s *service) tracerOf(ctx context.Context, i int) trace.Tracer {
	switch {
	case s.scopes:
		return otel.Tracer(fmt.Sprintf("/customers/%d/orders/%d", i%1000, i))
	case s.providers:
		provider, _, err := newProvider(ctx, s.exporting)
		if err != nil {
			load.Handle(err)
			return s.tracer
		}
		load.Add("providers", 1)
		return provider.Tracer("service")
	}
	return s.tracer
}

func (s *service) peer(i int) string {
	if s.invalid > 0 && i%s.invalid == 0 {
		return "\x12\x20\xff\xfe\x9d\x80"
	}
	return "10.1.2.3"
}

// describe puts the bodies of a request and its answer into its span.
func (s *service) describe(span trace.Span, i int) {
	question, answer := attribute.String("question", s.text[i%30:]), attribute.String("answer", s.text[i%20:])
	if s.events {
		span.AddEvent("asked", trace.WithAttributes(question))
		span.AddEvent("answered", trace.WithAttributes(answer))
		return
	}
	span.SetAttributes(question, answer)
}
