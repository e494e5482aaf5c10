package probes

import (
	"time"
	"unsafe"

	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/memory"
)

// Records is what the probes of one target recorded, in order within each kind.
type Records struct {
	Calls       []Call
	Sightings   []Sighting
	Collections []memory.Collection
	Spans       []Span
	Starts      []Start
	Ends        []End
	Built       []Built
	Stopped     []Stopped
	Callers     []Caller
	Emitted     []Emitted
}

// Call is one operation that returned. Times are CLOCK_MONOTONIC nanoseconds. StartedNS
// is 0 if the operation had begun before otwatch attached, and then only Of, EndedNS and
// Failed are known.
type Call struct {
	Of        Operation
	Signal    string // of a Flush or Shutdown
	Goroutine uint64
	StartedNS uint64
	EndedNS   uint64
	Receiver  uint64 // of the method: the exporter, or what the operation is of
	Length    uint64 // spans or log records handed over, data points collected or Uncounted; of other operations it means nothing
	Rejected  uint64
	Failed    bool
	Partial   bool // a partial success: Rejected spans of Length failed
	Retries   uint64
	Backoff   time.Duration // waited before them
	Encoded   uint64        // bytes of the payload, before compression; 0 if not known
	Sent      uint64        // of the same, as sent; 0 if not known
	Processor *memory.Image // as it was when the call returned; nil if none is known
	Error     Error         // of an export that Failed
	Message   string        // the receiver's, of a Partial success that returned no error
	copied    *copiedError  // until Take
}

// Uncounted is the Length of a Collect whose data points could not be counted.
const Uncounted = ^uint64(0)

// Emitted is a batch log processor that has received a record.
type Emitted struct {
	Processor uint64 // its address
	SeenNS    uint64 // CLOCK_MONOTONIC
}

// Sighting is a processor that was handed a span, or that exports. Snapshot is the
// address of the span, 0 for an export. Processors of one provider are handed the same
// span.
type Sighting struct {
	Goroutine uint64
	SeenNS    uint64
	Snapshot  uint64
	Itab      uint64 // of the interface that the span was handed over in
	Resource  uint64 // the span's; what it is depends on Itab; 0 if it could not be read
	Address   uint64 // of the processor
	Simple    bool
	Processor *memory.Image // of a batch processor; nil if its memory could not be read
}

func imageOf(i bpfProcessorImage) *memory.Image {
	if i.Valid == 0 {
		return nil
	}
	return &memory.Image{Address: i.Address, Words: i.Words, Late: i.Late, QueueLen: i.QueueLen, QueueCap: i.QueueCap}
}

// callOf is the call of a record. The caller holds mu.
func (a *Attachment) callOf(r bpfOperationRecord) Call {
	call := Call{
		Of: r.Operation, Signal: signalOf(r.Probe), Goroutine: r.Goroutine, StartedNS: r.StartedNs, EndedNS: r.EndedNs, Receiver: r.Receiver,
		Length: r.Length, Rejected: r.Rejected, Failed: r.Failed != 0, Partial: r.Partial != 0,
		Retries: r.Retries, Backoff: time.Duration(r.BackoffNs), Encoded: r.Encoded, Sent: r.Sent, Processor: imageOf(r.Processor),
	}
	if r.Kept > 0 {
		call.Encoded = layout.EncodedSize(a.process.Binary.Protobuf, r.Kept)
	}
	call.copied = a.takeError(r.Goroutine)
	return call
}

func sightingOf(r bpfProcessorRecord) Sighting {
	return Sighting{
		Goroutine: r.Goroutine, SeenNS: r.SeenNs, Snapshot: r.Snapshot, Itab: r.Itab, Resource: r.Resource,
		Address: r.Processor.Address, Simple: r.Simple != 0, Processor: imageOf(r.Processor),
	}
}

func collectionOf(r bpfCollectionRecord) memory.Collection {
	return memory.Collection{EndedNS: r.EndedNs, Marked: r.Marked, Controller: r.Controller}
}

// decode decodes a record, which bpf2go lays out as the programs do; ok is false if raw
// is too short. There are hundreds a second, too many to decode field by field.
func decode[T any](raw []byte) (record T, ok bool) {
	size := int(unsafe.Sizeof(record))
	return record, size == copy(unsafe.Slice((*byte)(unsafe.Pointer(&record)), size), raw)
}

// Sighted yields when Discovery has found a processor, or a log processor has received a record,
// which Take will return.
func (a *Attachment) Sighted() <-chan struct{} { return a.sighted }

// notify sends a note, unless the channel is full.
func notify[T any](notes chan<- T, note T) {
	select {
	case notes <- note:
	default:
	}
}

// Drain returns when Take has everything that was recorded before the call.
func (a *Attachment) Drain() error { return a.session.Drain() }

// Take returns what was recorded since the last call. It may read the program's executable,
// which receive must not: it would keep the records of all targets waiting.
func (a *Attachment) Take() Records {
	records := a.takePending()
	a.readErrors(records.Calls)
	return records
}

func (a *Attachment) takePending() Records {
	a.mu.Lock()
	defer a.mu.Unlock()
	records := a.pending
	a.pending = Records{}
	return records
}

// decodeInto adds a record of the ring buffer to a list, unless it is too short.
func decodeInto[R, T any](list *[]T, raw []byte, of func(R) T) {
	if r, ok := decode[R](raw); ok {
		*list = append(*list, of(r))
	}
}

// maxPending bounds the records of a target that wait for Take, as while nobody takes its
// Snapshots: some megabytes. There are hundreds a second.
const maxPending = 1 << 13

// waiting is the number of records.
func (r *Records) waiting() int {
	return len(r.Calls) + len(r.Sightings) + len(r.Collections) + len(r.Spans) + len(r.Starts) + len(r.Ends) + len(r.Built) + len(r.Stopped) + len(r.Callers) + len(r.Emitted)
}

// receive takes in one record of the ring buffer.
func (a *Attachment) receive(raw []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	head, ok := decode[struct{ Kind bpfRecordKind }](raw)
	if !ok {
		return
	}
	if head.Kind != bpfRecordKindRECORD_OVERSPENT && a.pending.waiting() >= maxPending {
		a.untaken++
		return
	}
	switch head.Kind {
	case bpfRecordKindRECORD_OPERATION:
		decodeInto(&a.pending.Calls, raw, a.callOf)
	case bpfRecordKindRECORD_PROCESSOR:
		if r, ok := decode[bpfProcessorRecord](raw); ok {
			a.pending.Sightings = append(a.pending.Sightings, sightingOf(r))
			if r.Snapshot != 0 {
				notify(a.sighted, struct{}{})
			}
		}
	case bpfRecordKindRECORD_COLLECTION:
		decodeInto(&a.pending.Collections, raw, collectionOf)
	case bpfRecordKindRECORD_SPAN:
		decodeInto(&a.pending.Spans, raw, spanOf)
	case bpfRecordKindRECORD_STARTED:
		decodeInto(&a.pending.Starts, raw, startOf)
	case bpfRecordKindRECORD_ENDED:
		decodeInto(&a.pending.Ends, raw, endOf)
	case bpfRecordKindRECORD_CALLER:
		decodeInto(&a.pending.Callers, raw, callerOf)
	case bpfRecordKindRECORD_EMITTED:
		decodeInto(&a.pending.Emitted, raw, func(r bpfEmittedRecord) Emitted { return Emitted{r.Processor, r.SeenNs} })
		notify(a.sighted, struct{}{})
	case bpfRecordKindRECORD_BUILT:
		decodeInto(&a.pending.Built, raw, builtOf)
	case bpfRecordKindRECORD_STOPPED:
		decodeInto(&a.pending.Stopped, raw, func(r bpfStoppedRecord) Stopped { return Stopped{r.Component, r.StoppedNs} })
	case bpfRecordKindRECORD_ERROR:
		if r, ok := decode[bpfErrorRecord](raw); ok {
			a.keepError(r)
		}
	case bpfRecordKindRECORD_OVERSPENT:
		if r, ok := decode[bpfOverspentRecord](raw); ok && r.Group < uint32(groups) {
			a.cut(Group(r.Group), time.Duration(r.SpentNs))
			notify(a.overspent, Group(r.Group))
		}
	}
}
