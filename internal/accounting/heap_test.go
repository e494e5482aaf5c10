package accounting

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// collection is one that found its predecessor's marks in word 6 and its scan
// work in words 2 and 7, and the live heap in word 0.
func collection(atSeconds, live, lastMarked, lastScan, scan, marked uint64) memory.Collection {
	c := memory.Collection{EndedNS: atSeconds * 1e9, Marked: marked}
	c.Controller[0], c.Controller[2], c.Controller[6], c.Controller[7] = live, lastScan, lastMarked, scan
	return c
}

// A collection that went unseen costs its two cycles, and none of the others.
func TestHeap(t *testing.T) {
	var h Heap
	h.Record([]memory.Collection{collection(1, 900, 400, 30, 40, 500), collection(3, 1500, 500, 40, 50, 600)})
	if diff := cmp.Diff(snapshot.Heap{Cycles: 1, Covered: 2 * time.Second, Allocated: 1000, Scanned: 50, Live: 600}, h.Take()); diff != "" {
		t.Error(diff)
	}
	h.Record([]memory.Collection{collection(5, 1700, 650, 60, 70, 700), collection(6, 1300, 700, 70, 80, 720)})
	if diff := cmp.Diff(snapshot.Heap{Cycles: 1, Covered: time.Second, Allocated: 600, Scanned: 80, Live: 720}, h.Take()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(snapshot.Heap{}, h.Take()); diff != "" {
		t.Error(diff)
	}
}
