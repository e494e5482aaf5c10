package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/sdk/trace"
)

// fake is a batch processor in memory of the program's own, of which every word is the
// program's to choose. Its OnEnd returns at once, for it takes itself for stopped.
//
// The words of trace.batchSpanProcessor of SDK v1.47: 0 and 1 the exporter, 2 to 5 the
// queue's size, batch timeout, export timeout and batch size, 7 the queue, 8 the drops,
// 10 to 12 the batch. Source: sdk/trace/batch_span_processor.go.
type fake struct {
	trace.SpanProcessor
	words *[13]uint64
	queue *[2]uint64  // length and capacity, as runtime.hchan begins
	gone  atomic.Bool // the memory cannot be read
}

const pageSize = 4096

func newFake(p *program, queue, batch uint64) (*fake, error) {
	page, _, errno := syscall.Syscall6(syscall.SYS_MMAP, 0, 3*pageSize, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS, ^uintptr(0), 0)
	if errno != 0 {
		return nil, errno
	}
	f := &fake{words: (*[13]uint64)(at(page)), queue: (*[2]uint64)(at(page + pageSize))}
	for i := uintptr(104); i < 512; i++ {
		*(*byte)(at(page + i)) = 1 // among them the field stopped
	}
	var exports trace.SpanExporter = p.exporter
	exporterWords := *(*[2]uint64)(unsafe.Pointer(&exports))
	copy(f.words[:], []uint64{exporterWords[0], exporterWords[1], queue, uint64(time.Second), uint64(30 * time.Second), batch, 0, uint64(page + pageSize)})
	f.words[10], f.words[12] = uint64(page+2*pageSize), batch
	f.queue[1] = queue
	words := *(*[2]uintptr)(unsafe.Pointer(&p.processor))
	words[1] = page
	f.SpanProcessor = *(*trace.SpanProcessor)(unsafe.Pointer(&words))
	return f, nil
}

// at is the memory at an address that is none of the garbage collector's.
func at(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// drop adds to the fake's count of drops.
func (f *fake) drop(n uint32) { atomic.AddUint32((*uint32)(unsafe.Pointer(&f.words[8])), n) }

// OnEnd hands a span on.
func (f *fake) OnEnd(span trace.ReadOnlySpan) {
	if !f.gone.Load() {
		f.SpanProcessor.OnEnd(span)
	}
}

// Shutdown and ForceFlush would use what is not there.
func (f *fake) Shutdown(context.Context) error   { return nil }
func (f *fake) ForceFlush(context.Context) error { return nil }

// addFake gives the provider a fake beside its true processor.
func addFake(p *program, queue, batch uint64) (*fake, error) {
	f, err := newFake(p, queue, batch)
	if err == nil {
		p.options = append(p.options, trace.WithSpanProcessor(f))
	}
	return f, err
}

// lieOfDrops has a queue of 2^30 places, batches of one span, and 70 million drops a
// second, which are billions of steps to replay.
func lieOfDrops(p *program) error {
	f, err := addFake(p, 1<<30, 1)
	if err != nil {
		return err
	}
	go func() {
		for range time.Tick(100 * time.Millisecond) {
			f.drop(7_000_000)
			_ = p.exporter.ExportSpans(context.Background(), make([]trace.ReadOnlySpan, 1))
		}
	}()
	return nil
}

// lieOfLengths has queues so long that their sum is 0 again.
func lieOfLengths(p *program) error {
	f, err := addFake(p, 2048, 512)
	if err != nil {
		return err
	}
	go func() {
		time.Sleep(p.after)
		f.words[2], f.queue[1] = 1<<63, 1<<63
		for i := uint64(0); ; i++ {
			f.queue[0] = i % 2 << 62
			f.drop(1 << 31)
			_ = p.exporter.ExportSpans(context.Background(), make([]trace.ReadOnlySpan, 1))
			time.Sleep(500 * time.Millisecond)
		}
	}()
	return nil
}

// lieOfTypes ends spans whose type is at another address each time.
func lieOfTypes(p *program) error {
	f, err := newFake(p, 2048, 512)
	if err == nil {
		p.options = append(p.options, trace.WithSpanProcessor(&typeless{f}))
	}
	return err
}

type typeless struct{ *fake }

func (t *typeless) OnEnd(span trace.ReadOnlySpan) {
	words := *(*[2]uintptr)(unsafe.Pointer(&span))
	words[0] = uintptr(rand.Uint64()>>20) | 1<<62
	t.fake.OnEnd(*(*trace.ReadOnlySpan)(unsafe.Pointer(&words)))
}

func manyProcessors(p *program) error {
	for range 64 {
		if _, err := addFake(p, 2048, 512); err != nil {
			return err
		}
	}
	return nil
}

// hangingQueue has a processor in memory that nobody can read from some time on.
func hangingQueue(p *program) error {
	silent, err := mountSilent(p.fuse, p.device)
	if err != nil {
		return err
	}
	f, err := addFake(p, 2048, 512)
	if err != nil {
		return err
	}
	go func() {
		time.Sleep(p.after)
		f.gone.Store(true)
		silent.cover(uintptr(unsafe.Pointer(f.words)))
	}()
	return nil
}

// hangingCode has code in memory that nobody can read: otwatch compares it with the
// file's before it places probes. What else of the SDK is in that page cannot run any
// more, so the program does nothing.
func hangingCode(p *program) error {
	silent, err := mountSilent(p.fuse, p.device)
	if err != nil {
		return err
	}
	simple := trace.NewSimpleSpanProcessor(p.exporter)
	methods := *(*uintptr)(unsafe.Pointer(&simple))
	shutdown := *(*uintptr)(at(methods + 24 + 3*8)) // the fourth method of the itab
	silent.cover(shutdown)
	fmt.Println("ready")
	for {
		time.Sleep(time.Hour)
	}
}
