package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// atOnce bounds the requests under way, as a server's pool does.
	atOnce = 256
	// longAtOnce is how many long-running spans are open at any time.
	longAtOnce = 20
	cacheEntry = 4 << 10
)

type service struct {
	config
	tracer   trace.Tracer
	flush    func(context.Context) error // at the end of a request
	provider trace.TracerProvider

	customers []trace.TracerProvider

	jobOf atomic.Pointer[context.Context] // of the job under way

	mu     sync.Mutex
	leaked []trace.Span
	kept   [][]byte
	cached map[int][]byte
}

// serve takes requests at the rate, each on a goroutine of its own. Where all
// places are taken those that are due come late. It ends with ctx.
func (s *service) serve(ctx context.Context) {
	places := make(chan struct{}, atOnce)
	begin := time.Now()
	for id := 0; ctx.Err() == nil; id += s.burst {
		due := begin.Add(time.Duration(id) * time.Second / time.Duration(s.rate))
		time.Sleep(time.Until(due))
		for i := range s.burst {
			places <- struct{}{}
			go func() {
				defer func() { <-places }()
				s.request(context.WithoutCancel(ctx), id+i)
			}()
		}
	}
}

func (s *service) request(ctx context.Context, id int) {
	s.handle(ctx, id)
	if err := s.flush(ctx); err != nil {
		otel.Handle(err)
	}
}

func (s *service) handle(ctx context.Context, id int) {
	ctx, span := s.tracer.Start(s.origin(ctx), s.name(id), trace.WithAttributes(s.describe(id)...))
	defer span.End()
	for i := range s.children {
		s.child(ctx, id, i)
	}
	for range s.loop {
		_, row := s.tracer.Start(ctx, "row")
		row.End()
	}
	for i := range s.updates {
		span.SetAttributes(attribute.Int("progress", i), attribute.String("state", "under way"))
	}
	if s.scopes > 0 {
		s.inScope(ctx, strconv.Itoa(id%s.scopes))
	}
	if s.vary {
		s.inScope(ctx, strconv.Itoa(id))
	}
	if s.build {
		propagate(ctx)
	}
	if s.leak > 0 {
		s.watchStock(ctx, id%s.leak == 0)
	}
	if len(s.customers) > 0 {
		_, span := s.customers[id%len(s.customers)].Tracer("patient").Start(ctx, "for a customer")
		span.End()
	}
	s.remember()
	work(s.work)
}

// origin is the context that a request comes with.
func (s *service) origin(ctx context.Context) context.Context {
	if job := s.jobOf.Load(); job != nil {
		return *job
	}
	if !s.remote {
		return ctx
	}
	caller := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled, Remote: true}
	binary.NativeEndian.PutUint64(caller.TraceID[:], rand.Uint64()|1)
	binary.NativeEndian.PutUint64(caller.SpanID[:], rand.Uint64()|1)
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(caller))
}

// runJobs runs one job after the other, each in a span that ends with it.
func (s *service) runJobs(ctx context.Context) {
	begin := func() trace.Span {
		job, span := s.tracer.Start(context.WithoutCancel(ctx), "job")
		s.jobOf.Store(&job)
		return span
	}
	span := begin()
	go func() {
		for {
			time.Sleep(s.job)
			span.End()
			span = begin()
		}
	}()
}

func (s *service) name(id int) string {
	if s.ids {
		return "GET /orders/" + strconv.Itoa(id)
	}
	return "GET /orders/{id}"
}

// inScope makes a span of a tracer with a name.
func (s *service) inScope(ctx context.Context, name string) {
	_, span := s.provider.Tracer("orders/"+name).Start(ctx, "call")
	span.End()
}

// child makes a child from one of three lines in turn.
func (s *service) child(ctx context.Context, id, i int) {
	switch i % 3 {
	case 0:
		_, span := s.tracer.Start(ctx, "look up")
		span.SetAttributes(s.describe(id)...)
		span.End()
	case 1:
		_, span := s.tracer.Start(ctx, "price")
		span.SetAttributes(s.describe(id)...)
		span.End()
	case 2:
		_, span := s.tracer.Start(ctx, "reserve")
		span.SetAttributes(s.describe(id)...)
		span.End()
	}
}

// describe makes a span's attributes, bounded ones.
func (s *service) describe(id int) []attribute.KeyValue {
	all := make([]attribute.KeyValue, s.attributes)
	for i := range all {
		switch key := keys[i%len(keys)]; i % 3 {
		case 0:
			all[i] = attribute.String(key, "warehouse")
		case 1:
			all[i] = attribute.Int(key, id%17)
		case 2:
			all[i] = attribute.Bool(key, id%2 == 0)
		}
	}
	return all
}

// keys are names of attributes.
var keys = func() (keys [64]string) {
	for i := range keys {
		keys[i] = "attribute." + strconv.Itoa(i)
	}
	return keys
}()

// propagate does for a request what is done once: it finds out where it runs,
// for a provider and a propagator of the request's own.
func propagate(ctx context.Context) {
	where, err := resource.New(ctx, resource.WithHost(), resource.WithOS(), resource.WithProcess())
	if err != nil {
		otel.Handle(err)
	}
	tracer := sdk.NewTracerProvider(sdk.WithResource(where), sdk.WithSampler(sdk.NeverSample())).Tracer("request")
	ctx, span := tracer.Start(ctx, "call")
	defer span.End()
	propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}).Inject(ctx, propagation.MapCarrier{})
}

// watchStock has a path on which its span is never ended, but kept.
func (s *service) watchStock(ctx context.Context, forget bool) {
	_, span := s.tracer.Start(ctx, "watch stock")
	if !forget {
		span.End()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaked = append(s.leaked, span)
}

// keepOpen makes spans that take long, as of subscribers and background jobs.
func (s *service) keepOpen(ctx context.Context) {
	for i := range longAtOnce {
		go func() {
			time.Sleep(s.long * time.Duration(i) / longAtOnce)
			for {
				_, span := s.tracer.Start(ctx, "subscription")
				time.Sleep(s.long)
				span.End()
			}
		}()
	}
}

// remember uses memory: for the request only, for good, and for a cache, whose
// hits grow as it fills.
func (s *service) remember() {
	fill(s.garbage << 10)
	if s.keep == 0 && s.cache == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep > 0 {
		s.kept = append(s.kept, fill(s.keep<<10))
	}
	if s.cache > 0 {
		if key := rand.IntN(s.cache); s.cached[key] == nil {
			s.cached[key] = fill(cacheEntry)
		}
	}
}

// fill returns so much memory, resident.
func fill(n int) []byte { return bytes.Repeat([]byte{1}, n) }

// work takes thousands of rounds of arithmetic, which no instruction set
// extension shortens.
func work(thousands int) {
	x := uint64(88172645463325252)
	for range thousands * 1000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	worked.Store(x)
}

// worked keeps work from being left out.
var worked atomic.Uint64
