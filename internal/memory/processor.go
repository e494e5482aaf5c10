package memory

import (
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Layout of go.opentelemetry.io/otel/sdk/trace.batchSpanProcessor up to its
// drop counter, in words of 8 bytes; the same in v1.0 to v1.47, on amd64 and
// arm64. Source: sdk/trace/batch_span_processor.go, read back from the DWARF of
// a program built with each minor version.
//
//	0 e SpanExporter (itab, data)
//	2 o BatchSpanProcessorOptions: MaxQueueSize int, BatchTimeout,
//	    ExportTimeout time.Duration, MaxExportBatchSize int, BlockOnQueueFull bool
//	7 queue chan ReadOnlySpan
//	8 dropped uint32
const (
	exporterType = iota
	exporterData
	maxQueueSize
	batchTimeout
	exportTimeout
	maxExportBatchSize
	blockOnQueueFull
	queue
	dropped
)

// ImageWords is how many words of a processor an Image holds; LateWords how many
// from byte LateOffset on, where one SDK version has its batch.
const (
	ImageWords = 13
	LateWords  = 3
	LateOffset = 168
)

// Image is a copy of a batch span processor's memory at one moment, and of the first two
// words of its queue.
type Image struct {
	Address  uint64
	Words    [ImageWords]uint64
	Late     [LateWords]uint64
	QueueLen uint64
	QueueCap uint64
}

// Processor is what never changes in a span processor. A simple one has no Settings.
type Processor struct {
	Address      uint64
	Exporter     Exporter
	Settings     snapshot.Settings
	SelfObserved bool // its own metrics are on (OTEL_GO_X_OBSERVABILITY)
}

// ErrNotProcessor means that an Image is not of a batch span processor with a known
// layout.
var ErrNotProcessor = errors.New("not a batch span processor as otwatch knows it")

// Copy copies the processor at an address of a process's memory.
func Copy(r Reader, address uint64) (Image, error) {
	image := Image{Address: address}
	if err := r.words(address, image.Words[:]); err != nil {
		return Image{}, err
	}
	var channel [2]uint64
	if err := r.words(image.Words[queue], channel[:]); err != nil {
		return Image{}, err
	}
	image.QueueLen, image.QueueCap = channel[0], channel[1]
	// In most versions the object may end before, and the memory with it.
	if err := r.words(address+LateOffset, image.Late[:]); err != nil {
		image.Late = [LateWords]uint64{}
	}
	return image, nil
}

// Identity is what stays the same in a processor as long as it lives: its exporter and its
// queue. Its memory may become that of another processor.
type Identity [3]uint64

// Identity of the processor of which i is an Image.
func (i Image) Identity() Identity {
	return Identity{i.Words[exporterType], i.Words[exporterData], i.Words[queue]}
}

// ExporterAddress is the data word of the processor's exporter.
func (i Image) ExporterAddress() uint64 { return i.Words[exporterData] }

// Settings reads the processor's options.
func (i Image) Settings() snapshot.Settings {
	return snapshot.Settings{
		MaxQueueSize:       i.Words[maxQueueSize],
		MaxExportBatchSize: i.Words[maxExportBatchSize],
		BatchTimeout:       time.Duration(i.Words[batchTimeout]),
		ExportTimeout:      time.Duration(i.Words[exportTimeout]),
		Blocking:           i.Words[blockOnQueueFull]&0xff != 0,
	}
}

// Reading checks the Image against invariants of NewBatchSpanProcessor, and returns what
// the processor holds: its queue has room for MaxQueueSize spans, and its batch for
// MaxExportBatchSize.
func (i Image) Reading() (snapshot.Reading, error) {
	settings := i.Settings()
	if i.QueueCap != settings.MaxQueueSize || i.QueueLen > i.QueueCap {
		return snapshot.Reading{}, fmt.Errorf("%w: at %#x its queue holds %d of %d spans where its setting says %d",
			ErrNotProcessor, i.Address, i.QueueLen, i.QueueCap, settings.MaxQueueSize)
	}
	batch, ok := i.batch(settings.MaxExportBatchSize)
	if !ok {
		return snapshot.Reading{}, fmt.Errorf("%w: at %#x there is no batch of capacity %d", ErrNotProcessor, i.Address, settings.MaxExportBatchSize)
	}
	return snapshot.Reading{Queue: i.QueueLen, Batch: batch, Dropped: uint32(i.Words[dropped])}, nil
}

// Where the slice batchSpanProcessor.batch may lie: at byte 80 since v1.39, 168
// in v1.38 and 72 before. Source: as above.
const (
	batchNow = iota
	batchLate
	batchEarly
)

// batch returns the length of the batch.
func (i Image) batch(capacity uint64) (length uint64, ok bool) {
	slice, ok := i.batchSlice(capacity)
	if !ok {
		return 0, false
	}
	return slice[1], true
}

func (i Image) batches() [3][]uint64 {
	return [...][]uint64{batchNow: i.Words[10:13], batchLate: i.Late[:], batchEarly: i.Words[9:12]}
}

// batchSlice returns the slice's three words.
func (i Image) batchSlice(capacity uint64) (slice []uint64, ok bool) {
	at, ok := i.batchAt(capacity)
	if !ok {
		return nil, false
	}
	return i.batches()[at], true
}

// batchAt finds the position of the batch by the slice's capacity, without the SDK's
// version.
func (i Image) batchAt(capacity uint64) (at int, ok bool) {
	const pointer, len, cap = 0, 1, 2
	for at, slice := range i.batches() {
		if slice[pointer] != 0 && slice[len] <= slice[cap] && slice[cap] == capacity {
			return at, true
		}
	}
	return 0, false
}

// Examine reads what never changes in a processor. resolve returns the name of the
// function at an address in the process.
func (i Image) Examine(r Reader, resolve func(address uint64) (string, bool)) Processor {
	return Processor{
		Address:  i.Address,
		Settings: i.Settings(),
		Exporter: identifyExporter(r, i.Words[exporterType], i.Words[exporterData], resolve),

		SelfObserved: i.selfObserved(),
	}
}

// selfObserved reports whether the processor counts for metrics of its own: inst in word
// 9 is not nil since v1.39, selfObservabilityEnabled in byte 68 is true in v1.38. The
// position of the batch tells the versions apart.
func (i Image) selfObserved() bool {
	slice, ok := i.batchAt(i.Words[maxExportBatchSize])
	switch {
	case !ok:
		return false
	case slice == batchNow:
		return i.Words[9] != 0
	case slice == batchLate:
		return i.Words[dropped]>>32&0xff != 0
	}
	return false
}
