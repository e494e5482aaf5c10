package memory

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Functions of the goroutines in these tests, by address.
var testFunctions = map[uint64]string{
	0x1000: "main.serve", 0x2000: "go.opentelemetry.io/otel/sdk/metric.NewPeriodicReader.func1",
	0x3000: "sync.(*WaitGroup).Go.func1", 0x4000: "go.opentelemetry.io/otel/sdk/trace.NewBatchSpanProcessor.func1",
	0x5000: "google.golang.org/grpc/internal/transport.NewHTTP2Client.gowrap2", 0x6000: "google.golang.org/grpc/internal/transport.NewHTTP2Client.func6",
}

const testExit = 0x9001

// list is a runtime's list of goroutines in this process's memory, of go1.26.
type list struct {
	all      []*[48]uint64 // the g's
	array    []uint64      // runtime.allgs
	slice    [3]uint64
	pointer  [1]uint64 // runtime.allgptr
	length   [1]uint64 // runtime.allglen
	unneeded [1]uint64
}

func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

// add adds a goroutine.
func (l *list) add(status, start uint64, stack []uint64) {
	g := new([48]uint64)
	g[144/8], g[304/8] = status, start
	if stack != nil {
		g[stackHigh] = address(&stack[0]) + 8*uint64(len(stack))
	}
	l.all = append(l.all, g)
}

// processorStack is the stack of a goroutine whose start function has called another.
func processorStack(within, called uint64) []uint64 {
	stack := make([]uint64, outermost/8)
	frame := func(at, caller int, to uint64) {
		if caller > 0 {
			stack[at] = address(&stack[caller])
		}
		stack[at+1] = to
	}
	frame(58, 0, testExit)
	frame(50, 58, within)
	frame(40, 50, called)
	stack[30], stack[31] = address(&stack[58]), 0x1004 // what an earlier call left
	return stack
}

// find finds the list.
func (l *list) find(t *testing.T) *Goroutines {
	t.Helper()
	l.array = nil
	for _, g := range l.all {
		l.array = append(l.array, address(g))
	}
	l.slice = [3]uint64{address(&l.array[0]), uint64(len(l.array)), uint64(cap(l.array))}
	l.pointer[0], l.length[0], l.unneeded[0] = l.slice[0], l.slice[1], 77
	fields, err := layout.Runtime.Of("go1.26.8")
	if err != nil {
		t.Fatal(err)
	}
	resolve := func(address uint64) (string, bool) {
		name, ok := testFunctions[address&^0xfff]
		return name, ok
	}
	references := []uint64{8, address(&l.unneeded), address(&l.slice[1]), address(&l.slice), address(&l.pointer), address(&l.length)}
	g, err := FindGoroutines(Reader{PID: os.Getpid()}, references, testExit, fields, resolve)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestReadGoroutines(t *testing.T) {
	var l list
	for range 3 {
		l.add(gWaiting, 0x2000, nil)
		l.add(gWaiting|gScan, 0x3000, processorStack(0x3010, 0x4010))
		l.add(2, 0x5000, nil)
		l.add(gWaiting, 0x6000, nil)
		l.add(6, 0x2000, nil)                                   // it has ended
		l.add(gWaiting, 0x3000, processorStack(0x3010, 0x1010)) // of the application
		l.add(gWaiting, 0x3000, make([]uint64, outermost/8))    // its stack is not as known
		l.add(gWaiting, 0x1000, nil)                            // of the application
	}
	l.add(gWaiting, 0x5000, nil) // a connection that is only being made
	g := l.find(t)
	reading, bytes, err := g.Read(time.Minute, rand.Uint64N)
	if err != nil {
		t.Fatal(err)
	}
	want := snapshot.GoroutineReading{Listed: 25, Looked: 25, Unknown: 3, Living: []snapshot.LivingKind{
		{Kind: "batch span processor", Count: 3}, {Kind: "periodic metric reader", Count: 3}, {Kind: "gRPC client connection", Count: 4},
	}}
	if diff := cmp.Diff(want, reading); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if least := 25 * (8 + 168); bytes < least || bytes > 3*least {
		t.Errorf("%d bytes are read", bytes)
	}
	runtime.KeepAlive(&l)
}

// TestReadManyGoroutines reads a sample of a long list.
func TestReadManyGoroutines(t *testing.T) {
	const n = 10_000
	var l list
	for i := range n {
		l.add(gWaiting, []uint64{0x1000, 0x2000}[i%2], nil)
	}
	g := l.find(t)
	for _, within := range []time.Duration{0, time.Minute} {
		reading, bytes, err := g.Read(within, rand.Uint64N)
		if err != nil {
			t.Fatal(err)
		}
		share := float64(reading.Of("periodic metric reader")) / float64(reading.Looked)
		if reading.Listed != n || reading.Looked < goroutineBatch || reading.Looked >= n || bytes > goroutineBytes+goroutineBatch*(8+168+8+outermost) || share < 0.25 || share > 0.75 {
			t.Errorf("%d bytes: %+v", bytes, reading)
		}
		if within == 0 && reading.Looked != goroutineBatch {
			t.Errorf("%d are read in no time, want one batch", reading.Looked)
		}
	}
	runtime.KeepAlive(&l)
}

// TestNoGoroutines has memory that holds no such list.
func TestNoGoroutines(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*list)
	}{
		{"a state that does not exist", func(l *list) { l.all[7][144/8] = 16 }},
		{"they run nothing", func(l *list) {
			for _, g := range l.all {
				g[304/8] = 0x8000
			}
		}},
		{"a goroutine that is not there", func(l *list) { l.array[7] = 16 }},
		{"longer than its capacity", func(l *list) { l.slice[1] = l.slice[2] + 1 }},
		{"longer than can be", func(l *list) { l.slice[1], l.slice[2] = 1<<60, 1<<60 }},
		{"gone", func(l *list) { l.slice[0] = 0 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l list
			for range 20 {
				l.add(gWaiting, 0x1000, nil)
			}
			g := l.find(t)
			test.spoil(&l)
			if reading, _, err := g.Read(time.Minute, rand.Uint64N); !errors.Is(err, ErrNoGoroutines) {
				t.Errorf("%+v, %v", reading, err)
			}
			runtime.KeepAlive(&l)
		})
	}
	if _, err := FindGoroutines(Reader{PID: os.Getpid()}, []uint64{8, 16}, testExit, layout.Layout{}, nil); !errors.Is(err, ErrNoGoroutines) {
		t.Errorf("%v, want no list", err)
	}
}

// TestUnreadableGoroutines has a list that cannot be read, which says nothing about where it is.
func TestUnreadableGoroutines(t *testing.T) {
	var l list
	l.add(gWaiting, 0x1000, nil)
	g := l.find(t)
	g.list = 8
	if reading, _, err := g.Read(time.Minute, rand.Uint64N); err == nil || errors.Is(err, ErrNoGoroutines) {
		t.Errorf("%+v, %v", reading, err)
	}
	g.reader.Verify = func() error { return ErrEnded }
	if reading, _, err := g.Read(time.Minute, rand.Uint64N); !errors.Is(err, ErrEnded) {
		t.Errorf("%+v, %v; want %v", reading, err, ErrEnded)
	}
	if _, err := FindGoroutines(g.reader, []uint64{8, 16}, testExit, layout.Layout{}, nil); !errors.Is(err, ErrEnded) {
		t.Errorf("found: %v; want %v", err, ErrEnded)
	}
	runtime.KeepAlive(&l)
}

// TestShuffle draws each number once.
func TestShuffle(t *testing.T) {
	const n = 1000
	s := shuffle{of: n, draw: rand.Uint64N, moved: map[uint64]uint64{}}
	var all []uint64
	for {
		some := s.next(7)
		if len(some) == 0 {
			break
		}
		all = append(all, some...)
	}
	if slices.IsSorted(all) || len(s.moved) > 0 {
		t.Errorf("they are in order, or %d places are left", len(s.moved))
	}
	slices.Sort(all)
	for i, number := range all {
		if number != uint64(i) {
			t.Fatalf("%d is at %d", number, i)
		}
	}
	if len(all) != n {
		t.Errorf("%d numbers, want %d", len(all), n)
	}
}

// FuzzCalled has any stack.
func FuzzCalled(f *testing.F) {
	var stack []byte
	for _, word := range processorStack(0x3010, 0x4010) {
		stack = binary.LittleEndian.AppendUint64(stack, word)
	}
	f.Add(stack, uint64(0x7000))
	f.Fuzz(func(t *testing.T, stack []byte, address uint64) {
		defer fuzzlimit.Watch(t)()
		called(stack[:len(stack)/8*8], address, testExit)
	})
}
