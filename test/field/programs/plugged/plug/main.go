// Package main is the plugin.
package main

import (
	"context"

	"go.opentelemetry.io/otel"

	"github.com/otwatch/otwatch/test/field/programs/tracing"
)

// Start sets tracing up, and returns a function that makes a span.
func Start(endpoint string) (request func(), err error) {
	if err := tracing.Start(endpoint); err != nil {
		return nil, err
	}
	tracer := otel.Tracer("plug")
	return func() {
		_, span := tracer.Start(context.Background(), "work")
		span.End()
	}, nil
}

func main() {}
