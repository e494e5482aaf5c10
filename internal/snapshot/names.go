package snapshot

// MaxNames is how many names are kept of one target at most. Others are in Names.Overflow.
const MaxNames = 1000

// Names are a random sample of the spans that ended while the probes on the path of every
// span were in place. If one in n spans is read, each counts as n spans: its weight.
type Names struct {
	List     []Name // in order of appearance
	Overflow Name   // all names beyond MaxNames together
	Squares  uint64 // sum of the squares of the weights
	Unread   uint64 // sampled spans that could not be read
}

// Name is a span name within an instrumentation scope, both truncated to 64 bytes. All numbers
// but Read are weights.
type Name struct {
	Scope      string
	Name       string
	Read       uint64 // spans read
	Spans      uint64
	Attributes uint64 // on those spans
	LocalRoots uint64 // spans without a parent in the process
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
}

// Merge returns the names of both.
func (n Names) Merge(next Names) Names {
	key := func(name Name) [2]string { return [2]string{name.Scope, name.Name} }
	merged := Names{
		List:     mergeBy(n.List, next.List, key, func(a, b Name) Name { a.add(b); return a }),
		Overflow: n.Overflow, Squares: plus(n.Squares, next.Squares), Unread: plus(n.Unread, next.Unread),
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
