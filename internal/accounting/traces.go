package accounting

import (
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxTraces bounds the traces that are remembered.
	maxTraces = 512
	// forgottenAfter is how long after its last span a trace has ended.
	forgottenAfter = 30 * time.Second
)

// traces are the traces of the spans that were read.
type traces struct {
	nowNS     uint64
	read      uint64 // spans, by weight
	untracked uint64
	seen      map[[2]uint64]*seenTrace
}

type seenTrace struct {
	firstNS, lastNS uint64
	spans, roots    uint64
	ofRequests      uint64 // of spans, those of local roots that were read
	before, until   uint64 // spans of all traces read before the first span, and up to the last
}

// add takes in a span that was read. If it is a local root, request is the number of spans of its
// trace that were read since the last one, with it; else 0.
func (t *traces) add(span probes.Span) (request uint64) {
	weight := uint64(span.StandsFor)
	s := t.seen[span.Trace]
	if s == nil && len(t.seen) >= maxTraces {
		t.forget()
	}
	switch {
	case s == nil && len(t.seen) >= maxTraces:
		t.untracked += weight
	case s == nil:
		if t.seen == nil {
			t.seen = map[[2]uint64]*seenTrace{}
		}
		s = &seenTrace{firstNS: t.nowNS, before: t.read}
		t.seen[span.Trace] = s
	}
	t.read += weight
	if s == nil {
		return 0
	}
	s.lastNS, s.until = t.nowNS, t.read
	s.spans += weight
	if span.LocalRoot {
		s.roots += weight
		request, s.ofRequests = s.spans-s.ofRequests, s.spans
	}
	return request
}

// forget makes room: traces end, and one that goes on has spans all the time. If all have had
// some lately, those go of which one look has seen all spans.
func (t *traces) forget() {
	for id, s := range t.seen {
		if t.nowNS-s.lastNS >= uint64(forgottenAfter) {
			delete(t.seen, id)
		}
	}
	if len(t.seen) < maxTraces {
		return
	}
	for id, s := range t.seen {
		if s.firstNS == s.lastNS && s.lastNS < t.nowNS {
			delete(t.seen, id)
		}
	}
}

func (t *traces) longest() snapshot.LongTrace {
	long := snapshot.LongTrace{Untracked: t.untracked}
	for _, s := range t.seen {
		if t.nowNS-s.lastNS >= uint64(forgottenAfter) {
			continue
		}
		if lasted := time.Duration(s.lastNS - s.firstNS); lasted > long.Lasted || lasted == long.Lasted && s.spans > long.Spans {
			long.Lasted, long.Spans, long.All, long.Roots = lasted, s.spans, s.until-s.before, s.roots
		}
	}
	return long
}
