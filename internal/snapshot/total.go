package snapshot

import "slices"

// Total merges the consecutive intervals of one target into one Snapshot, as Merge does.
// Stacks and operations are many, so they are added in place: copying them for every
// interval was more than half of what otwatch allocated. The zero value is empty.
type Total struct {
	rest    Snapshot // without samples and operations
	begun   bool
	samples stackCounts
	latest  map[uint64][]Operation // by the address of the exporter
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

// addLatest keeps the latest operations of an exporter. All exporters of a target share
// MaxOperations.
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

// lately are the latest operations, as many as there is room for.
func (t *Total) lately(operations []Operation) []Operation {
	return operations[max(0, len(operations)-MaxOperations/len(t.latest)):]
}

// Snapshot is the sum. The next Add changes it.
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
	at map[uint64]int // index of a stack, by ID
}

func (c *stackCounts) add(part Samples) {
	if c.at == nil {
		c.at = make(map[uint64]int, len(part.Stacks))
	}
	c.Hz = part.Hz
	c.SetAside = plus(c.SetAside, part.SetAside)
	c.Trapped = plus(c.Trapped, part.Trapped)
	c.Foreign = plus(c.Foreign, part.Foreign)
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
