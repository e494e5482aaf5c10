package probes

import (
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Span is a span that ended and was randomly chosen to be read.
type Span struct {
	Itab       uint64    // of the interface that it was handed over in
	Trace      [2]uint64 // trace id
	Name       string    // cut off after 64 bytes, as is Scope
	Scope      string
	Kind       uint64        // a trace.SpanKind
	Duration   time.Duration // 0 if it is not known
	Attributes uint64        // how many, as are Events and Links
	Events     uint64
	Links      uint64
	LocalRoot  bool   // its parent is in another process, or it has none
	Remote     bool   // its parent is in another process
	Sampled    bool   // its parent is sampled
	StandsFor  uint32 // N if one in N spans was read
}

func spanOf(r bpfSpanRecord) Span {
	return Span{
		Itab: r.Itab, Trace: r.Trace, Name: textOf(r.Name, r.NameLen), Scope: textOf(r.Scope, r.ScopeLen),
		Kind: r.SpanKind, Duration: durationOf(r.Start, r.End), Attributes: r.Attributes, Events: r.Events, Links: r.Links,
		LocalRoot: r.Parent == 0 || r.Remote != 0, Remote: r.Parent != 0 && r.Remote != 0, Sampled: r.Sampled != 0, StandsFor: r.StandsFor,
	}
}

// durationOf is the time between two values of type time.Time, by their words wall and ext:
// with the highest bit of wall, ext is a monotonic clock's nanoseconds, else seconds, with
// the nanoseconds in the lower 30 bits of wall. 0 if they are not alike, or not in order.
// Source: src/time/time.go.
func durationOf(start, end [2]uint64) time.Duration {
	const hasMonotonic, nanoseconds, longest = 1 << 63, 1<<30 - 1, 1 << 30
	from, to := int64(start[1]), int64(end[1])
	switch {
	case (start[0]^end[0])&hasMonotonic != 0 || to < from:
		return 0
	case start[0]&hasMonotonic != 0:
		return max(0, time.Duration(to-from))
	}
	if to-from > longest {
		return 0
	}
	return max(0, time.Duration(to-from)*time.Second+time.Duration(end[0]&nanoseconds)-time.Duration(start[0]&nanoseconds))
}

// textOf returns the part of a text of n bytes that was read. If it is not all, it ends
// in "…".
func textOf(read [64]int8, n uint64) string {
	bytes := make([]byte, min(n, uint64(len(read))))
	for i := range bytes {
		bytes[i] = byte(read[i])
	}
	text := strings.ToValidUTF8(string(bytes), "")
	if n > uint64(len(read)) {
		text += "…"
	}
	return untrusted.Text(text, untrusted.MaxName)
}
