package memory

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// kept is a processor that keeps what it is handed.
type kept struct{ spans []trace.ReadOnlySpan }

func (*kept) OnStart(context.Context, trace.ReadWriteSpan) {}
func (k *kept) OnEnd(span trace.ReadOnlySpan)              { k.spans = append(k.spans, span) }
func (*kept) Shutdown(context.Context) error               { return nil }
func (*kept) ForceFlush(context.Context) error             { return nil }

// TestText reads spans of this process in a batch as a processor's.
func TestText(t *testing.T) {
	var k kept
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(&k)).Tracer("")
	for _, attributes := range [][]attribute.KeyValue{
		nil,
		{attribute.Int("number", 4711), attribute.String("short", "abc"), attribute.String("long", strings.Repeat("x", 5000))},
		{attribute.StringSlice("strings", []string{"not", "followed"})},
	} {
		_, span := tracer.Start(t.Context(), "")
		span.SetAttributes(attributes...)
		span.End()
	}
	i := batched(80)
	i.Words[10], i.Words[11] = uint64(uintptr(unsafe.Pointer(&k.spans[0]))), uint64(len(k.spans))
	r := Reader{PID: os.Getpid()}
	ours := func(itab uint64) bool { return IsSnapshot(r, itab, resolve) }
	for n, want := range []Text{{}, {Bytes: 5003, Cut: 3 + snapshot.TextLimit}, {}} {
		got, ok := i.Text(r, func(of uint64) uint64 {
			if of != 3 {
				t.Errorf("one of %d, want one of 3", of)
			}
			return uint64(n)
		}, ours)
		if !ok || got.Bytes != want.Bytes || got.Cut != want.Cut {
			t.Errorf("span %d: %+v, %v; want %+v", n, got, ok, want)
		}
	}
	runtime.KeepAlive(k)
	first := func(uint64) uint64 { return 0 }
	if _, ok := i.Text(r, first, func(uint64) bool { return false }); ok {
		t.Error("a span of another type was read")
	}
	i.Words[11] = 0
	if _, ok := i.Text(r, first, ours); ok {
		t.Error("a span was read in an empty batch")
	}
}

// TestValues reads attributes of spans of this process: values are equal where
// they are, and only there.
func TestValues(t *testing.T) {
	long := strings.Repeat("x", comparedBytes)
	both := func(a, b attribute.KeyValue) (hashes [2]Value) {
		var k kept
		tracer := trace.NewTracerProvider(trace.WithSpanProcessor(&k)).Tracer("")
		for i, kv := range []attribute.KeyValue{a, b} {
			_, span := tracer.Start(t.Context(), "")
			span.SetAttributes(attribute.IntSlice("not.looked.at", []int{1}), kv)
			span.End()
			image := batched(80)
			image.Words[10], image.Words[11] = uint64(uintptr(unsafe.Pointer(&k.spans[0])))+16*uint64(i), 1
			r := Reader{PID: os.Getpid()}
			text, ok := image.Text(r, func(uint64) uint64 { return 0 }, func(itab uint64) bool { return IsSnapshot(r, itab, resolve) })
			if !ok || len(text.Values) != 1 || text.Values[0].Key != string(kv.Key) || text.Span == 0 {
				t.Fatalf("%v: %+v, %v", kv, text, ok)
			}
			hashes[i] = text.Values[0]
			runtime.KeepAlive(k)
		}
		return hashes
	}
	for _, test := range []struct {
		a, b attribute.KeyValue
		same bool
	}{
		{attribute.String("k", "abc"), attribute.String("k", strings.Clone("abc")), true},
		{attribute.String("k", "abc"), attribute.String("k", "abd"), false},
		{attribute.String("k", ""), attribute.String("k", ""), true},
		{attribute.String("k", "1"), attribute.Int("k", 1), false},
		{attribute.Int("k", 1), attribute.Int("k", 1), true},
		{attribute.Int("k", 1), attribute.Int("k", 2), false},
		{attribute.Bool("k", true), attribute.Int("k", 1), false},
		{attribute.Float64("k", 1.5), attribute.Float64("k", 1.5), true},
		{attribute.String("k", long+"a"), attribute.String("k", long+"b"), true}, // not told apart
		{attribute.String("k", long+"a"), attribute.String("k", long), false},
	} {
		if got := both(test.a, test.b); (got[0] == got[1]) != test.same {
			t.Errorf("%v and %v: same %v", test.a, test.b, !test.same)
		}
	}
}
