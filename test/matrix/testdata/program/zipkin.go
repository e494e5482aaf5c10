package main

import (
	"context"

	"go.opentelemetry.io/otel/exporters/zipkin"
	"go.opentelemetry.io/otel/sdk/trace"
)

func newExporter(_ context.Context, receiver string) (trace.SpanExporter, func() int) {
	exporter, err := zipkin.New("http://" + receiver + "/api/v2/spans")
	check(err)
	return exporter, byReceiver
}
