package snapshot

import "slices"

// Total is one Snapshot for the intervals of one target, which follow each other
// without a gap, as Merge makes it of one after the other. Stacks and operations, of
// which there are many, are added where they are: copying all of them for every
// interval was more than half of what otwatch allocated. The zero value is empty.
type Total struct {
	rest    Snapshot // but for what follows
	begun   bool
	samples stackCounts
	latest  map[uint64][]Operation // by the address of an exporter that has any
}

// Add merges the next interval, which is not modified.
func (t *Total) Add(next Snapshot) {
	t.samples.add(next.Samples)
	next.Samples = Samples{}
	next.Exports = slices.Clone(next.Exports)
	for i := range next.Exports {
		t.addLatest(next.Exports[i].Address, next.Exports[i].Latest)
		next.Exports[i].Latest = nil
	}
	if t.begun {
		next = t.rest.Merge(next)
	}
	t.rest, t.begun = next, true
}

// addLatest keeps the latest operations of an exporter. The exporters of a target share
// what one alone may have.
func (t *Total) addLatest(exporter uint64, operations []Operation) {
	if len(operations) == 0 {
		return
	}
	if t.latest == nil {
		t.latest = map[uint64][]Operation{}
	}
	if _, known := t.latest[exporter]; !known {
		t.latest[exporter] = nil
		for other, latest := range t.latest {
			t.latest[other] = slices.Clone(t.lately(latest))
		}
	}
	t.latest[exporter] = t.lately(append(t.latest[exporter], operations...))
}

// lately are the operations that there is room for.
func (t *Total) lately(operations []Operation) []Operation {
	return operations[max(0, len(operations)-MaxOperations/len(t.latest)):]
}

// Snapshot is the whole, which the next Add changes.
func (t *Total) Snapshot() Snapshot {
	whole := t.rest
	whole.Samples = t.samples.Samples
	whole.Exports = slices.Clone(t.rest.Exports)
	for i := range whole.Exports {
		whole.Exports[i].Latest = t.latest[whole.Exports[i].Address]
	}
	return whole
}

// stackCounts are Samples that grow.
type stackCounts struct {
	Samples
	at map[uint64]int // where a stack stands, by ID
}

func (c *stackCounts) add(part Samples) {
	if c.at == nil {
		c.at = make(map[uint64]int, len(part.Stacks))
	}
	c.Hz = part.Hz
	c.SetAside = plus(c.SetAside, part.SetAside)
	c.Trapped = plus(c.Trapped, part.Trapped)
	c.Lost = plus(c.Lost, part.Lost)
	for _, stack := range part.Stacks {
		if i, ok := c.at[stack.ID]; ok {
			c.Stacks[i].Count = plus(c.Stacks[i].Count, stack.Count)
			continue
		}
		c.at[stack.ID] = len(c.Stacks)
		c.Stacks = append(c.Stacks, stack)
	}
}
