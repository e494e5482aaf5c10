package memory

import (
	"encoding/binary"

	"github.com/otwatch/otwatch/internal/layout"
)

// spanIDOffset is where a trace.SpanContext has its span id, in v1.0 to v1.47.
// Source: trace/trace.go, read back from DWARF.
const spanIDOffset = 16

// attributeBytes is the size of an attribute.KeyValue, in v1.0 to v1.47.
const attributeBytes = 64

// maxAttributes bounds what is believed of a span's attributes.
const maxAttributes = 1 << 12

// Started reads spans that were started, by their addresses: each a
// go.opentelemetry.io/otel/sdk/trace.recordingSpan.
type Started struct {
	reader     Reader
	size       uint64 // of a span
	from       uint64 // the part that is read begins here
	length     int    // and is so long
	id         uint64 // the rest are offsets in it
	endTime    uint64
	attributes uint64
}

// StartedSpan is what stands where a span was started. Of a span whose memory is
// another object's by now, ID is something else.
type StartedSpan struct {
	ID    uint64
	Ended bool   // it has an end time
	Bytes uint64 // of the span and its attributes; what strings and events hold comes on top
}

// NewStarted returns a reader of a process's spans, whose fields lie as in l.
func NewStarted(r Reader, l layout.Layout) Started {
	id, endTime, attributes := l[layout.SpanContext]+spanIDOffset, l[layout.SpanEndTime], l[layout.SpanAttributes]
	from := min(id, endTime, attributes)
	return Started{
		reader: r, size: l[layout.SpanSize], from: from, length: int(max(id+8, endTime+24, attributes+24) - from),
		id: id - from, endTime: endTime - from, attributes: attributes - from,
	}
}

// IDOffset is where in a span its span id lies.
func (s Started) IDOffset() uint64 { return s.from + s.id }

// Read reads the spans at several addresses. One that cannot be read is the zero
// StartedSpan, which no span is.
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

// parse reads a span as the SDK does, which takes one for ended whose endTime,
// a time.Time {wall uint64; ext int64; loc *Location}, is not the zero one.
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
