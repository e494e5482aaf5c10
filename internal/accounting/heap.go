package accounting

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Heap counts what one target allocates, from one garbage collection to the next. The
// zero value is ready for use.
type Heap struct {
	last     memory.Collection
	interval snapshot.Heap
}

// Record takes in collections in the order of their ends. A collection is counted only
// if the one before it was seen.
func (h *Heap) Record(collections []memory.Collection) {
	for _, c := range collections {
		if cycle, ok := c.Since(h.last); ok {
			h.interval.Cycles++
			h.interval.Covered += cycle.Elapsed
			h.interval.Allocated += cycle.Allocated
			h.interval.Scanned += cycle.Scanned
			h.interval.Live = cycle.Live
		}
		h.last = c
	}
}

// Take ends the interval and begins the next.
func (h *Heap) Take() snapshot.Heap {
	interval := h.interval
	h.interval = snapshot.Heap{}
	return interval
}
