package snapshot

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestSize is about what a Snapshot takes of the heap.
func TestSize(t *testing.T) {
	full := func() Snapshot {
		s := Snapshot{Exports: make([]Exporter, 64), Processors: make([]Processor, 128), Following: Following{Sites: make([]FollowedSite, 128)}}
		for i := range s.Exports {
			s.Exports[i].Latest = make([]Operation, 512)
			s.Processors[i].Flushes.Durations = make([]time.Duration, 512)
		}
		for range 512 {
			s.Goroutines.Readings = append(s.Goroutines.Readings, GoroutineReading{Living: make([]LivingKind, 64)})
		}
		for i := range 500 {
			s.Names.List = append(s.Names.List, Name{Name: strings.Repeat("n", 64), Scope: strings.Repeat("s", 64), Read: uint64(i)})
		}
		return s
	}
	before := heapBytes()
	kept := make([]Snapshot, 16)
	for i := range kept {
		kept[i] = full()
	}
	each := int(heapBytes()-before) / len(kept)
	if size := kept[0].Size(); size < each*3/4 || size > each*5/4 {
		t.Errorf("%d bytes, and it takes %d", size, each)
	}
	runtime.KeepAlive(kept)
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
