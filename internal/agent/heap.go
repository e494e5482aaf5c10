package agent

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// heapBook keeps the books of one target's heap, collection by collection.
type heapBook struct {
	last     memory.Collection
	interval snapshot.Heap
}

// enter takes in collections in the order of their ends. One whose predecessor
// was not seen says nothing by itself.
func (b *heapBook) enter(collections []memory.Collection) {
	for _, c := range collections {
		if cycle, ok := c.Since(b.last); ok {
			b.interval.Cycles++
			b.interval.Covered += cycle.Elapsed
			b.interval.Allocated += cycle.Allocated
			b.interval.Scanned += cycle.Scanned
			b.interval.Live = cycle.Live
		}
		b.last = c
	}
}

// close ends the interval.
func (b *heapBook) close() snapshot.Heap {
	interval := b.interval
	b.interval = snapshot.Heap{}
	return interval
}
