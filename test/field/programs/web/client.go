package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"sync"

	"go.opentelemetry.io/contrib/instrumentation/net/http/httptrace/otelhttptrace"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
)

// calls makes calls to the other end.
type calls struct {
	config
	upstream string
	once     sync.Once
	shared   *http.Client
}

// job is a request of a client.
func (c *calls) job(ctx context.Context) {
	ctx, span := otel.Tracer("client").Start(ctx, "job")
	defer span.End()
	get(ctx, c.client(), c.upstream, rand.IntN(100) >= c.unread)
}

// client is the traced client of all requests, or of one.
func (c *calls) client() *http.Client {
	if c.each {
		return c.newClient()
	}
	c.once.Do(func() { c.shared = c.newClient() })
	return c.shared
}

// transport is what all clients send with.
var transport = &http.Transport{MaxIdleConnsPerHost: 200}

func (c *calls) newClient() *http.Client {
	var options []otelhttp.Option
	if c.sub || c.mode == "fan" {
		options = append(options, otelhttp.WithClientTrace(func(ctx context.Context) *httptrace.ClientTrace {
			if c.sub {
				return otelhttptrace.NewClientTrace(ctx)
			}
			return otelhttptrace.NewClientTrace(ctx, otelhttptrace.WithoutSubSpans())
		}))
	}
	return &http.Client{Transport: otelhttp.NewTransport(transport, options...)}
}

// fanOut answers each request after many calls.
func (c *calls) fanOut() http.Handler {
	return otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var all sync.WaitGroup
		for range c.fan {
			all.Go(func() { get(r.Context(), c.client(), c.upstream, true) })
		}
		all.Wait()
		_, _ = w.Write([]byte("{}"))
	}), "graph")
}
