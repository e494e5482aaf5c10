package analyzer

import (
	"math"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestMarkShare(t *testing.T) {
	heap := snapshot.Heap{Cycles: 10, Covered: 5 * time.Second, Allocated: 1 << 30, Scanned: 10 * 16 << 20}
	waiting := func(spans uint64) []snapshot.Processor {
		return []snapshot.Processor{{Looks: 4, Held: 4 * spans}}
	}
	for _, test := range []struct {
		name       string
		heap       snapshot.Heap
		processors []snapshot.Processor
		b, want    float64
	}{
		{"unknown heap", snapshot.Heap{}, waiting(5000), 0.2, 0.6},
		{"nothing waits: marking follows allocation", heap, waiting(0), 0.2, 0.2},
		{"half of what is scanned waits", heap, waiting(8 << 20 / WaitingSpanBytes), 0.2, 0.6},
		{"all of it waits", heap, waiting(1 << 20), 0.2, 1},
		{"a large heap of the application's own", snapshot.Heap{Cycles: 1, Scanned: 4 << 30}, waiting(2048), 0.2, 0.2},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := snapshot.Snapshot{Heap: test.heap, Processors: test.processors}
			m := marked(estimate.Around(test.b, 0.1, 100), costModel{}.liveShare(s, classify.Tracing), s.Heap.Cycles)
			if math.Abs(m.Value-test.want) > 0.001 || m.Low > m.Value || m.High < m.Value || m.Low < 0 || m.High > 1 {
				t.Errorf("%+v, want %v", m, test.want)
			}
		})
	}
}

func TestAllocated(t *testing.T) {
	g := newGaps(snapshot.Snapshot{})
	if e := allocated(snapshot.Heap{Cycles: 4, Covered: 2 * time.Second, Allocated: 3000}, g); e == nil || e.Value != 1500 || e.N != 4 || e.Exact {
		t.Errorf("%+v, want 1500 bytes a second from 4 collections", e)
	}
	if e := allocated(snapshot.Heap{}, g); e != nil || !g.Has("alloc.bytes_per_second") {
		t.Errorf("%+v without a collection, want none and a reason", e)
	}
}
