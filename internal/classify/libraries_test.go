package classify

import (
	"fmt"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestLibraries(t *testing.T) {
	tests := []struct{ name, stack, library string }{
		{"a span of the program", "@sdk.(*tracer).Start < shop/checkout.pay < main.main", "shop/checkout"},
		{"a span of otelhttp", "runtime.mallocgc < @sdk.(*tracer).Start < @otelhttp.(*middleware).serveHTTP < net/http.(*conn).serve", contrib + "net/http/otelhttp"},
		{"otelhttp itself", "runtime.mapassign < " + contrib + "net/http/otelhttp/internal/semconv.HTTPServer.RequestTraceAttrs < @otelhttp.(*middleware).serveHTTP", contrib + "net/http/otelhttp"},
		{"attributes of the program", "runtime.mallocgc < @otel/attribute.String < main.work", "main"},
		{"a propagator", "@otel/propagation.TraceContext.Extract < @otelhttp.(*middleware).serveHTTP", contrib + "net/http/otelhttp"},
		{"a propagator of contrib", "go.opentelemetry.io/contrib/propagators/b3.propagator.Extract < @otelhttp.(*middleware).serveHTTP", contrib + "net/http/otelhttp"},
		{"tracing's own goroutine", "@sdk.(*batchSpanProcessor).processQueue < @sdk.NewBatchSpanProcessor.func1 < runtime.goexit", ""},
		{"the program alone", "main.work < main.main", ""},
		{"metrics", "@otel/sdk/metric.(*int64Inst).Add < main.work", ""},
	}
	for _, tt := range tests {
		c := Count([]snapshot.Stack{snapshot.NewStack(3, frames(tt.stack)...)})
		got := c.Libraries[Library{Package: tt.library}]
		if want := uint64(3); tt.library != "" && got != want || tt.library == "" && len(c.Libraries) > 0 {
			t.Errorf("%s: %v, want %s", tt.name, c.Libraries, tt.library)
		}
	}
}

// TestLibrariesAreBounded has far too many of them.
func TestLibrariesAreBounded(t *testing.T) {
	var sum Counts
	for i := range 3 * MaxLibraries {
		sum.Add(Count([]snapshot.Stack{snapshot.NewStack(1, frames(fmt.Sprintf("@sdk.(*tracer).Start < shop/p%d.work", i))...)}))
	}
	total := uint64(0)
	for _, n := range sum.Libraries {
		total += n
	}
	if len(sum.Libraries) > MaxLibraries+1 || total != 3*MaxLibraries || sum.Libraries[OtherLibraries] != 2*MaxLibraries {
		t.Errorf("%d libraries with %d samples, of which %d are others'", len(sum.Libraries), total, sum.Libraries[OtherLibraries])
	}
}
