package memory

import (
	"encoding/binary"

	"github.com/otwatch/otwatch/internal/layout"
)

// spanIDOffset is where the span id is in a trace.SpanContext, in v1.0 to v1.47. Source:
// trace/trace.go, read back from DWARF.
const spanIDOffset = 16

// attributeBytes is the size of an attribute.KeyValue, in v1.0 to v1.47.
const attributeBytes = 64

// maxAttributes bounds the plausible number of a span's attributes.
const maxAttributes = 1 << 12

// Started reads spans that were started, which are each a
// go.opentelemetry.io/otel/sdk/trace.recordingSpan, by their addresses.
type Started struct {
	reader     Reader
	size       uint64 // of a span
	from       uint64 // where the part that is read begins
	length     int    // of that part
	id         uint64 // this and the next are offsets in that part
	endTime    uint64
	attributes uint64
	parentID   uint64 // in a span
}

// StartedSpan is what is at the address of a span that was started. If the memory belongs
// to another object by now, ID differs from the span's.
type StartedSpan struct {
	ID    uint64
	Ended bool   // it has an end time
	Bytes uint64 // of the span and its attributes, without strings and events
}

// NewStarted returns a reader of a process's spans with a layout.
func NewStarted(r Reader, l layout.Layout) Started {
	id, endTime, attributes := l[layout.SpanContext]+spanIDOffset, l[layout.SpanEndTime], l[layout.SpanAttributes]
	from := min(id, endTime, attributes)
	return Started{
		reader: r, size: l[layout.SpanSize], from: from, length: int(max(id+8, endTime+24, attributes+24) - from),
		id: id - from, endTime: endTime - from, attributes: attributes - from, parentID: l[layout.SpanParent] + spanIDOffset,
	}
}

// IDOffset is where the span id is in a span.
func (s Started) IDOffset() uint64 { return s.from + s.id }

// ParentIDOffset is where the span id of its parent is in a span.
func (s Started) ParentIDOffset() uint64 { return s.parentID }

// Read reads the spans at several addresses. If one cannot be read the result is the zero
// StartedSpan, which no span has.
func (s Started) Read(addresses []uint64) ([]StartedSpan, error) {
	at := make([]uint64, len(addresses))
	for i, address := range addresses {
		at[i] = address + s.from
	}
	buf := make([]byte, len(addresses)*s.length)
	read, err := s.reader.ReadEach(at, s.length, buf)
	if err != nil {
		return nil, err
	}
	spans := make([]StartedSpan, len(addresses))
	for i := range spans {
		if read[i] {
			spans[i] = s.parse(buf[i*s.length:][:s.length])
		}
	}
	return spans, nil
}

// parse parses a span. As in the SDK, it has ended if endTime, a time.Time {wall uint64;
// ext int64; loc *Location}, is not zero.
func (s Started) parse(b []byte) StartedSpan {
	word := func(offset uint64) uint64 { return binary.LittleEndian.Uint64(b[offset:]) }
	span := StartedSpan{
		ID:    word(s.id),
		Ended: word(s.endTime)|word(s.endTime+8) != 0,
		Bytes: s.size,
	}
	if length, capacity := word(s.attributes+8), word(s.attributes+16); length <= capacity && capacity <= maxAttributes {
		span.Bytes += capacity * attributeBytes
	}
	return span
}
