package accounting

import (
	"testing"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestKindCreated names constructors of instrumentations, and the lines that call them.
func TestKindCreated(t *testing.T) {
	const (
		http = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp."
		grpc = "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc."
	)
	for _, test := range []struct {
		name  string
		calls []string // the innermost first
		want  string   // "" if it is not counted
	}{
		{"a transport", []string{http + "newConfig", http + "NewTransport", "main.send"}, "otelhttp.NewTransport"},
		{"a handler, made by another function", []string{http + "newConfig", http + "NewMiddleware", http + "NewHandler", "main.send"}, "otelhttp.NewHandler"},
		{"an interceptor", []string{grpc + "newConfig", grpc + "UnaryClientInterceptor", "main.send"}, "otelgrpc.UnaryClientInterceptor"},
		{"a carrier of a call", []string{grpc + "newConfig", grpc + "Inject", "main.send"}, ""},
		{"a tracer", []string{"go.opentelemetry.io/otel/internal/global.Info", "go.opentelemetry.io/otel/sdk/trace.(*TracerProvider).Tracer", "main.send"}, snapshot.Tracer},
		{"a MeterProvider", []string{"go.opentelemetry.io/otel/internal/global.Info", "go.opentelemetry.io/otel/sdk/metric.NewMeterProvider", "main.send"}, ""},
		{"nothing that is known", []string{""}, ""},
		{"no frames", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := NewBuilds(func([]uint64) (frames []*snapshot.Frame) {
				for _, f := range test.calls {
					frames = append(frames, &snapshot.Frame{Function: f})
				}
				return frames
			})
			b.addBuilt(probes.Built{Kind: probes.Created})
			switch {
			case test.want == "" && len(b.sites) > 0:
				t.Errorf("counted as %q", b.sites[0].Kind)
			case test.want == "":
			case len(b.sites) != 1 || b.sites[0].Kind != test.want || b.sites[0].Site.Function != "main.send":
				t.Errorf("%+v, want one %q of main.send", b.sites, test.want)
			}
		})
	}
}
