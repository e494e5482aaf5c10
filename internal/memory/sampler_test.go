package memory

import (
	"context"
	"os"
	"testing"
	"unsafe"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// ruled is a sampler of the program's own.
type ruled struct{ trace.Sampler }

// TestReadSampler reads samplers from spans in the test's own memory.
func TestReadSampler(t *testing.T) {
	fields, err := layout.SDK.Of("v1.47.0")
	if err != nil {
		t.Fatal(err)
	}
	on := trace.AlwaysSample()
	for _, test := range []struct {
		name    string
		sampler trace.Sampler
		want    snapshot.Sampler
	}{
		{"all", on, snapshot.Sampler{Name: snapshot.AlwaysOn}},
		{"the default", trace.ParentBased(on), snapshot.Sampler{Name: snapshot.AlwaysOn, ParentBased: true}},
		{"a ratio", trace.TraceIDRatioBased(0.999), snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: 0.999}},
		{"a ratio of one", trace.ParentBased(trace.TraceIDRatioBased(1)), snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: 1, ParentBased: true}},
		{"a ratio for roots", trace.ParentBased(trace.TraceIDRatioBased(0.999)), snapshot.Sampler{Name: snapshot.TraceIDRatio, Ratio: 0.999, ParentBased: true}},
		{"others for spans with a parent", trace.ParentBased(on, trace.WithRemoteParentNotSampled(on)), snapshot.Sampler{Name: snapshot.AlwaysOn, ParentBased: true, Unusual: true}},
		{"the program's own", ruled{on}, snapshot.Sampler{Name: "github.com/otwatch/otwatch/internal/memory.ruled"}},
		{"the program's own for roots", trace.ParentBased(ruled{on}), snapshot.Sampler{Name: "github.com/otwatch/otwatch/internal/memory.ruled", ParentBased: true}},
		{"always recorded", trace.AlwaysRecord(on), snapshot.Sampler{Name: sdkTrace + ".alwaysRecord"}},
		{"within one another", trace.ParentBased(trace.ParentBased(on)), snapshot.Sampler{Name: sdkTrace + ".parentBased", ParentBased: true, Unusual: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			provider := trace.NewTracerProvider(trace.WithSampler(test.sampler), trace.WithSyncer(tracetest.NewNoopExporter()))
			var span any
			for range 100 { // with a ratio of 0.999, one of them is sampled
				if _, s := provider.Tracer("").Start(context.Background(), ""); s.IsRecording() {
					span = s
				}
			}
			r := Reader{PID: os.Getpid()}
			of, err := ProviderOf(r, fields, words(span)[1])
			if err != nil || of != uint64(uintptr(unsafe.Pointer(provider))) {
				t.Fatalf("the span's provider is at %#x, want %p: %v", of, provider, err)
			}
			if got, err := ReadSampler(r, fields, of, resolve); got != test.want || err != nil {
				t.Errorf("got %+v and %v, want %+v", got, err, test.want)
			}
		})
	}
}

// TestReadNoSampler has other memory where a provider should be.
func TestReadNoSampler(t *testing.T) {
	fields, err := layout.SDK.Of("v1.47.0")
	if err != nil {
		t.Fatal(err)
	}
	other := make([]uint64, 64)
	r, at := Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(&other[0])))
	if got, err := ReadSampler(r, fields, at, resolve); err == nil {
		t.Errorf("%+v in zeroed memory", got)
	}
	other[fields[layout.ProviderSampler]/8] = at
	if got, err := ReadSampler(r, fields, at, resolve); err == nil {
		t.Errorf("%+v in memory of another kind", got)
	}
	if _, err := ReadSampler(r, layout.Layout{}, at, resolve); err == nil {
		t.Error("a sampler without a layout")
	}
}
