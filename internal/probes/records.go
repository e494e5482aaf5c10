package probes

import (
	"encoding/binary"

	"github.com/otwatch/otwatch/internal/memory"
)

// Records are what the probes of one target recorded, in order within each
// kind.
type Records struct {
	Operations  []Operation
	Sightings   []Sighting
	Collections []memory.Collection
	Spans       []Span
	Starts      []Start
	Ends        []End
}

// Operation is one call of an exporter that returned. Times are CLOCK_MONOTONIC
// nanoseconds; StartedNS is 0 if the call had begun before otwatch attached, and
// then only EndedNS and Failed are known.
type Operation struct {
	Goroutine uint64
	StartedNS uint64
	EndedNS   uint64
	Exporter  uint64
	Spans     uint64
	Rejected  uint64
	Failed    bool
	Partial   bool          // a partial success: Rejected spans of Spans failed
	Processor *memory.Image // as it was when the call returned; nil if none is known
}

// Sighting is a processor at work. Snapshot is the address of the span it was
// handed, 0 for an export; processors of one provider are handed the same.
type Sighting struct {
	Goroutine uint64
	SeenNS    uint64
	Snapshot  uint64
	Processor *memory.Image // nil if its memory could not be read
}

func imageOf(i bpfProcessorImage) *memory.Image {
	if i.Valid == 0 {
		return nil
	}
	return &memory.Image{Address: i.Address, Words: i.Words, Late: i.Late, QueueLen: i.QueueLen, QueueCap: i.QueueCap}
}

func operationOf(r bpfOperationRecord) Operation {
	return Operation{
		Goroutine: r.Goroutine, StartedNS: r.StartedNs, EndedNS: r.EndedNs, Exporter: r.Exporter,
		Spans: r.Spans, Rejected: r.Rejected, Failed: r.Failed != 0, Partial: r.Partial != 0,
		Processor: imageOf(r.Processor),
	}
}

func sightingOf(r bpfProcessorRecord) Sighting {
	return Sighting{Goroutine: r.Goroutine, SeenNS: r.SeenNs, Snapshot: r.Snapshot, Processor: imageOf(r.Processor)}
}

func collectionOf(r bpfCollectionRecord) memory.Collection {
	return memory.Collection{EndedNS: r.EndedNs, Marked: r.Marked, Controller: r.Controller}
}

// decode reads a record of the given type; false if raw is too short for it.
func decode[T any](raw []byte) (record T, ok bool) {
	_, err := binary.Decode(raw, binary.NativeEndian, &record)
	return record, err == nil
}
