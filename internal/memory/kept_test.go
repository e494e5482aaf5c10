package memory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// keeper keeps spans in many ways.
type keeper struct {
	sdktrace.SpanProcessor // what it hands its spans to
	mu                     sync.Mutex
	ended                  []sdktrace.ReadOnlySpan
	shards                 [4]shard
	byName                 map[string]*entry
	batches                [][]sdktrace.ReadOnlySpan
	next                   *shard
	names                  []string // no spans
	counts                 map[string]int
}

type shard struct {
	sync.Mutex
	open map[trace.SpanID]sdktrace.ReadWriteSpan
}

type entry struct {
	at   time.Time
	span sdktrace.ReadOnlySpan
}

func (k *keeper) Shutdown(context.Context) error   { return nil }
func (k *keeper) ForceFlush(context.Context) error { return nil }

// wordsOf are the two words of an interface.
func wordsOf[T any](i *T) Interface { return *(*Interface)(unsafe.Pointer(i)) }

// keptOf is a Kept of this process.
func keptOf(t *testing.T) *Kept {
	t.Helper()
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := gobinary.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	resolve := func(address uint64) (string, bool) {
		f := runtime.FuncForPC(uintptr(address))
		if f == nil {
			return "", false
		}
		return f.Name(), true
	}
	l, err := layout.SDK.Of("v1.47.0")
	if err != nil {
		t.Fatal(err)
	}
	r := Reader{PID: os.Getpid()}
	return NewKept(r, b.TypeBases(), resolve, NewStarted(r, l).Read)
}

func TestReadKept(t *testing.T) {
	const here = "github.com/otwatch/otwatch/internal/memory."
	exporter := tracetest.NewInMemoryExporter()
	k := &keeper{
		SpanProcessor: sdktrace.NewSimpleSpanProcessor(exporter), byName: map[string]*entry{}, next: &shard{open: map[trace.SpanID]sdktrace.ReadWriteSpan{}},
		mu: sync.Mutex{}, shards: [4]shard{}, names: []string{"first"}, counts: map[string]int{"first": 1},
	}
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(k), sdktrace.WithSpanProcessor(recorder))
	tracer := provider.Tracer("")
	for i := range 1000 {
		_, span := tracer.Start(t.Context(), "")
		if i%10 == 0 {
			k.next.open[span.SpanContext().SpanID()] = span.(sdktrace.ReadWriteSpan)
			continue
		}
		span.End()
	}
	k.ended = append(k.ended, recorder.Ended()...)
	k.batches = append(k.batches, k.ended, k.ended)
	for i, span := range recorder.Ended()[:20] {
		k.byName[fmt.Sprint(i)] = &entry{at: time.Now(), span: span}
	}
	var processors []Interface
	for _, p := range []sdktrace.SpanProcessor{k, recorder} {
		processors = append(processors, wordsOf(&p))
	}
	kept := keptOf(t)
	found, err := kept.Read(processors, nil, rand.Uint64N)
	if err != nil || found.Cut {
		t.Fatalf("%+v, %v", found, err)
	}
	if found.Reads > 400 || found.Bytes > 128<<10 {
		t.Errorf("the first reading has cost %d reads of %d bytes", found.Reads, found.Bytes)
	}
	for i := range found.Lists {
		l := &found.Lists[i]
		if l.Read > 0 { // how many are found of those that are drawn differs
			l.Read, l.Open = 1, min(1, l.Open/max(1, l.Read/2))
		}
	}
	recorded := "go.opentelemetry.io/otel/sdk/trace/tracetest.SpanRecorder."
	want := []snapshot.KeptReading{
		{Where: recorded + "started", Of: "trace.ReadWriteSpan", Entries: 1000, Read: 1},
		{Where: here + "keeper.ended", Of: "trace.ReadOnlySpan", Entries: 900, Read: 1},
		{Where: recorded + "ended", Of: "trace.ReadOnlySpan", Entries: 900, Read: 1},
		{Where: "go.opentelemetry.io/otel/sdk/trace/tracetest.InMemoryExporter.ss", Of: "tracetest.SpanStub", Entries: 900, Exported: true},
		{Where: here + "shard.open", Of: "trace.ReadWriteSpan", Entries: 100, Read: 1, Open: 1},
		{Where: here + "keeper.byName", Of: "*memory.entry", Entries: 20},
		{Where: here + "keeper.batches", Of: "[]trace.ReadOnlySpan", Entries: 2},
	}
	if diff := cmp.Diff(want, found.Lists); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := kept.Read(processors, nil, rand.Uint64N)
	if err != nil || again.Reads > 60 || again.Bytes > 16<<10 {
		t.Errorf("the second reading has cost %d reads of %d bytes, %v", again.Reads, again.Bytes, err)
	}
	runtime.KeepAlive(k)
}

// TestReadKeptOfNothing has interfaces that are none, and memory that is no description of a type.
func TestReadKeptOfNothing(t *testing.T) {
	random := make([]uint64, 1<<12)
	for i := range random {
		random[i] = address(&random[rand.IntN(len(random))])
		if i%3 == 0 {
			random[i] = rand.Uint64() >> rand.IntN(64)
		}
	}
	kept := keptOf(t)
	kept.base = address(&random[0])
	for i := range 1000 {
		typ := address(&random[rand.IntN(len(random)-16)])
		_, err := kept.Read([]Interface{{}, {1, 2}, {typ - 8, typ}, {address(&random[i]), random[i]}}, []Interface{{typ, address(&random[i])}}, rand.Uint64N)
		if err != nil {
			t.Fatal(err)
		}
		if kept.bytes > readingBytes+maxObject || kept.reads > readingReads {
			t.Fatalf("%d reads of %d bytes", kept.reads, kept.bytes)
		}
	}
	runtime.KeepAlive(random)
}

func TestProcessorsOfSpan(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	_, span := provider.Tracer("").Start(t.Context(), "")
	kept := keptOf(t)
	l, err := layout.SDK.Of("v1.47.0")
	if err != nil {
		t.Fatal(err)
	}
	providers := NewProviders(kept.reader, l, kept.resolve)
	found, ok := providers.Of(wordsOf(&span).Data)
	if want := uint64(uintptr(unsafe.Pointer(provider))); !ok || found != want {
		t.Errorf("provider %#x, %v; want %#x", found, ok, want)
	}
	var processor sdktrace.SpanProcessor = recorder
	if diff := cmp.Diff([]Interface{wordsOf(&processor)}, providers.Processors(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if processors := providers.Processors(wordsOf(&processor).Data); len(processors) > 0 {
		t.Errorf("%v of what is no provider", processors)
	}
	runtime.KeepAlive(span)
}
