package export

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// TestServer has what memory.Endpoint may read.
func TestServer(t *testing.T) {
	for target, want := range map[string][]attribute.KeyValue{
		"localhost:4317":                          {semconv.ServerAddress("localhost"), semconv.ServerPort(4317)},
		"[::1]:4317":                              {semconv.ServerAddress("::1"), semconv.ServerPort(4317)},
		"collector":                               {semconv.ServerAddress("collector")},
		"[2001:db8::1]":                           {semconv.ServerAddress("2001:db8::1")},
		"dns:///collector:4317":                   {semconv.ServerAddress("collector"), semconv.ServerPort(4317)},
		"dns://8.8.8.8/collector:42":              {semconv.ServerAddress("collector"), semconv.ServerPort(42)},
		"unix:///run/collector":                   {semconv.ServerAddress("/run/collector")},
		"http://127.0.0.1:4318/v1/traces":         {semconv.ServerAddress("127.0.0.1"), semconv.ServerPort(4318)},
		"https://otel.example.com/v1/traces":      {semconv.ServerAddress("otel.example.com")},
		"http://zipkin.example:9411/api/v2/spans": {semconv.ServerAddress("zipkin.example"), semconv.ServerPort(9411)},
		"collector:none":                          nil,
		":4317":                                   nil,
		"http://":                                 nil,
	} {
		got, wanted := attribute.NewSet(server(&target)...), attribute.NewSet(want...)
		if !got.Equals(&wanted) {
			t.Errorf("%q is %v, want %v", target, got.ToSlice(), want)
		}
	}
	if got := server(nil); got != nil {
		t.Errorf("no target is %v", got)
	}
}
