package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestReadResource reads Resources out of the test's own memory.
func TestReadResource(t *testing.T) {
	const schema = "https://opentelemetry.io/schemas/1.26.0"
	long := strings.Repeat("x", snapshot.MaxValue+1)
	tests := []struct {
		name     string
		resource *resource.Resource
		want     snapshot.Resource
	}{
		{"every type", resource.NewWithAttributes(schema,
			attribute.String("service.name", "checkout"), attribute.Int("a.int", -7), attribute.Bool("a.bool", true),
			attribute.Float64("a.float", 0.25), attribute.StringSlice("some", []string{"x", "", "yz"}),
		), snapshot.Resource{SchemaURL: schema, Attributes: []snapshot.Attribute{
			{Key: "a.bool", Type: snapshot.Bool, Values: []string{"true"}},
			{Key: "a.float", Type: snapshot.Float, Values: []string{"0.25"}},
			{Key: "a.int", Type: snapshot.Int, Values: []string{"-7"}},
			{Key: "service.name", Type: snapshot.String, Values: []string{"checkout"}},
			{Key: "some", Type: snapshot.Strings, Values: []string{"x", "", "yz"}},
		}}},
		{"no schema", resource.NewSchemaless(attribute.String("k", "v")), snapshot.Resource{
			Attributes: []snapshot.Attribute{{Key: "k", Type: snapshot.String, Values: []string{"v"}}}}},
		{"empty", resource.NewSchemaless(), snapshot.Resource{}},
		{"a command line", resource.NewSchemaless(attribute.String("process.command", "/srv/app"),
			attribute.StringSlice("process.command_args", []string{"app", "--token=secret"}),
			attribute.String("process.command_line", "app --token=secret"), attribute.Int("process.pid", 7),
		), snapshot.Resource{Attributes: []snapshot.Attribute{{Key: "process.pid", Type: snapshot.Int, Values: []string{"7"}}}}},
		{"types that are left out", resource.NewSchemaless(attribute.IntSlice("ints", []int{1}), attribute.String("k", "v")),
			snapshot.Resource{Attributes: []snapshot.Attribute{{Key: "k", Type: snapshot.String, Values: []string{"v"}}}}},
		{"a long value", resource.NewSchemaless(attribute.String("k", long)),
			snapshot.Resource{Attributes: []snapshot.Attribute{{Key: "k", Type: snapshot.String, Values: []string{long[:snapshot.MaxValue-3] + "…"}}}}},
		{"texts that are none", resource.NewSchemaless(attribute.String("a\xff", "x"), attribute.String("k", "a\xff\xfe\x1b[2J"), attribute.StringSlice("s", []string{"\xff"})),
			snapshot.Resource{Attributes: []snapshot.Attribute{
				{Key: "a\ufffd", Type: snapshot.String, Values: []string{"x"}},
				{Key: "k", Type: snapshot.String, Values: []string{"a\ufffd\ufffd\ufffd[2J"}},
				{Key: "s", Type: snapshot.Strings, Values: []string{"\ufffd"}},
			}}},
		{"keys that differ behind where they are cut", resource.NewSchemaless(attribute.Int(long+"a", 1), attribute.Int(long+"b", 2)),
			snapshot.Resource{Attributes: []snapshot.Attribute{{Key: long[:snapshot.MaxKey-3] + "…", Type: snapshot.Int, Values: []string{"2"}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadResource(Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(test.resource))))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			runtime.KeepAlive(test.resource)
		})
	}
}

// TestReadResourceOfOtherThings does not take anything else for one.
func TestReadResourceOfOtherThings(t *testing.T) {
	array := any([2]attribute.KeyValue{{Key: "b", Value: attribute.IntValue(1)}, {Key: "a", Value: attribute.IntValue(1)}})
	texts := any([4]string{"a", "b", "c", "d"})
	for name, words := range map[string][resourceWords]uint64{
		"an interface of strings": {words(texts)[0], words(texts)[1]},
		"keys in another order":   {words(array)[0], words(array)[1]},
		"pointers to nothing":     {8, 8, 8, 8, 8},
		"a number for a type":     {0, 1, 2, 3, 4},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ReadResource(Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(&words)))); !errors.Is(err, ErrNotResource) {
				t.Errorf("got %+v, %v; want ErrNotResource", got, err)
			}
		})
	}
	runtime.KeepAlive(array)
	runtime.KeepAlive(texts)
}

// resources keeps the addresses of the Resources of the spans that it is handed.
type resources struct{ addresses []uint64 }

func (*resources) OnStart(context.Context, trace.ReadWriteSpan) {}
func (s *resources) OnEnd(span trace.ReadOnlySpan) {
	const snapshotResource = 328 // as bpf/operation.h has it
	var address [1]uint64
	if err := (Reader{PID: os.Getpid()}).words(words(span)[1]+snapshotResource, address[:]); err == nil {
		s.addresses = append(s.addresses, address[0])
	}
}
func (*resources) Shutdown(context.Context) error   { return nil }
func (*resources) ForceFlush(context.Context) error { return nil }

// TestASpanLeadsToItsResource holds the offset against the SDK that is linked.
func TestASpanLeadsToItsResource(t *testing.T) {
	var processor resources
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(&processor),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", "checkout"))))
	_, span := provider.Tracer("").Start(t.Context(), "")
	span.End()
	got, err := ReadResource(Reader{PID: os.Getpid()}, processor.addresses[0])
	if err != nil || got.Get("service.name") != "checkout" {
		t.Errorf("got %+v, %v", got, err)
	}
	runtime.KeepAlive(provider)
}

// TestAResourceIsReadUpToItsLimits keeps what is small, service.name above all.
func TestAResourceIsReadUpToItsLimits(t *testing.T) {
	text := strings.Repeat("x", snapshot.MaxValue)
	large := []attribute.KeyValue{attribute.String("service.name", "checkout")}
	for i := range 120 {
		large = append(large, attribute.StringSlice(fmt.Sprintf("list%03d", i), slices.Repeat([]string{text}, 150)))
	}
	many := []attribute.KeyValue{attribute.String("service.name", "checkout")}
	for i := range 5000 {
		many = append(many, attribute.String(fmt.Sprintf("zz%05d", i), "some value"))
	}
	for name, test := range map[string]struct {
		attributes    []attribute.KeyValue
		kept, dropped int
	}{"large ones": {large, 1, 120}, "many": {many, snapshot.MaxAttributes, 5001 - snapshot.MaxAttributes}} {
		t.Run(name, func(t *testing.T) {
			r := resource.NewSchemaless(test.attributes...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := ReadResource(Reader{PID: os.Getpid()}, uint64(uintptr(unsafe.Pointer(r))))
			runtime.ReadMemStats(&after)
			if err != nil || got.Get("service.name") != "checkout" || len(got.Attributes) != test.kept || got.Dropped != test.dropped {
				t.Errorf("%d attributes, %d left out, of %q: %v", len(got.Attributes), got.Dropped, got.Get("service.name"), err)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 4<<20 {
				t.Errorf("reading it allocated %d bytes", allocated)
			}
			runtime.KeepAlive(r)
		})
	}
}
