package snapshot

import "time"

// MaxNames is how many names are kept of one target at most. Others are in Names.Overflow.
const MaxNames = 1000

// NameLength is how many bytes of a span's name, and of its scope, are kept. Longer ones end in "…".
const NameLength = 64

// Names are a random sample of the spans that ended while the probes on the path of every
// span were in place. If one in n spans is read, each counts as n spans: its weight.
type Names struct {
	List     []Name // in order of appearance
	Overflow Name   // all names beyond MaxNames together
	Squares  uint64 // sum of the squares of the weights
	Unread   uint64 // sampled spans that could not be read
	// Ends are all spans that processors were handed in those windows, each as often as there
	// are processors, and Roots those of them without a parent in the process. In recordings of
	// earlier versions both are 0.
	Ends, Roots uint64
	// Requests are the local roots that were read, RequestSpans the spans of the same trace that
	// were read before each of them, and with it, by weight: at least those of a request, since a
	// window may begin within one. LargeRequests are those with LargeRequest spans or more.
	Requests, RequestSpans, LargeRequests uint64
}

// LargeRequest is how many spans a large request has.
const LargeRequest = 60

// Name is a span name within an instrumentation scope, both truncated to 64 bytes. All numbers
// but Read are weights.
type Name struct {
	Scope      string
	Name       string
	Read       uint64 // spans read
	Spans      uint64
	Attributes uint64 // on those spans
	LocalRoots uint64 // spans without a parent in the process
	Remote     uint64 // of LocalRoots, those with a parent in another process
	Unsampled  uint64 // of Remote, those whose parent is not sampled
	Events     uint64 // on the spans, as are Links
	Links      uint64
	Serving    uint64 // spans of kind server or consumer
	Calling    uint64 // spans of kind client or producer
	Orphans    uint64 // of Calling, those without any parent
	// RootsTimed is the number of local roots read with a duration, and RootTime their sum.
	RootsTimed uint64
	RootTime   time.Duration
}

// Add enters one span that was read.
func (n *Names) Add(span Name) {
	if name := n.find(span); name != nil {
		name.add(span)
	} else if len(n.List) < MaxNames {
		n.List = append(n.List, span)
	} else {
		span.Scope, span.Name = "", ""
		n.Overflow.add(span)
	}
}

func (n *Names) find(span Name) *Name {
	for i := range n.List {
		if n.List[i].Name == span.Name && n.List[i].Scope == span.Scope {
			return &n.List[i]
		}
	}
	return nil
}

func (n *Name) add(more Name) {
	n.Read = plus(n.Read, more.Read)
	n.Spans = plus(n.Spans, more.Spans)
	n.Attributes = plus(n.Attributes, more.Attributes)
	n.LocalRoots = plus(n.LocalRoots, more.LocalRoots)
	n.Remote = plus(n.Remote, more.Remote)
	n.Unsampled = plus(n.Unsampled, more.Unsampled)
	n.Events = plus(n.Events, more.Events)
	n.Links = plus(n.Links, more.Links)
	n.Serving = plus(n.Serving, more.Serving)
	n.Calling = plus(n.Calling, more.Calling)
	n.Orphans = plus(n.Orphans, more.Orphans)
	n.RootsTimed = plus(n.RootsTimed, more.RootsTimed)
	n.RootTime = plusTime(n.RootTime, more.RootTime)
}

// Merge returns the names of both.
func (n Names) Merge(next Names) Names {
	key := func(name Name) [2]string { return [2]string{name.Scope, name.Name} }
	merged := Names{
		List:     mergeBy(n.List, next.List, key, func(a, b Name) Name { a.add(b); return a }),
		Overflow: n.Overflow, Squares: plus(n.Squares, next.Squares), Unread: plus(n.Unread, next.Unread),
		Ends: plus(n.Ends, next.Ends), Roots: plus(n.Roots, next.Roots),
		Requests: plus(n.Requests, next.Requests), RequestSpans: plus(n.RequestSpans, next.RequestSpans),
		LargeRequests: plus(n.LargeRequests, next.LargeRequests),
	}
	merged.Overflow.add(next.Overflow)
	for len(merged.List) > MaxNames {
		last := len(merged.List) - 1
		merged.Overflow.add(merged.List[last])
		merged.List = merged.List[:last]
	}
	return merged
}

// Total is the sum of all names.
func (n Names) Total() Name {
	total := n.Overflow
	for _, name := range n.List {
		total.add(name)
	}
	return total
}

// Effective is how many spans of one weight are worth as much as those read: spans of
// different weights are worth fewer.
func (n Names) Effective() uint64 {
	if n.Squares == 0 {
		return 0
	}
	total := float64(n.Total().Spans)
	return uint64(total * total / float64(n.Squares))
}
