package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
)

// reload builds a provider of its own every so often, as a service does that reads its
// configuration again, and makes a span with it. It shuts the one before down, unless it is to
// forget it.
func reload(ctx context.Context, cfg config) {
	for {
		provider, err := newProvider(ctx, cfg.exporting)
		if err != nil {
			otel.Handle(err)
			return
		}
		_, span := provider.Tracer("reload").Start(ctx, "reload")
		span.End()
		time.Sleep(cfg.reload)
		if !cfg.forget {
			_ = provider.Shutdown(ctx) // the receiver may refuse the span
		}
	}
}

// buildMore builds providers, which stay.
func buildMore(ctx context.Context, cfg config, n int) (providers []trace.TracerProvider, err error) {
	for range n {
		provider, err := newProvider(ctx, cfg.exporting)
		if err != nil {
			return nil, err
		}
		providers = append(providers, provider)
	}
	return providers, nil
}

// buildTenants builds a provider for each tenant, which stays.
func buildTenants(ctx context.Context, cfg config) {
	for range cfg.tenants {
		if _, err := newProvider(ctx, cfg.exporting); err != nil {
			otel.Handle(err)
			return
		}
		time.Sleep(time.Second)
	}
}
