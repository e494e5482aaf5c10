package analyzer

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minAllocating is how many samples of allocations are needed to claim tracing's share.
const minAllocating = 30

// allocatedError is the relative error of the bytes allocated.
const allocatedError = 0.02

// alloc is how much the process allocates, and tracing's share of it.
func alloc(h snapshot.Heap, c classify.Counts, g *report.Gaps) report.Alloc {
	return report.Alloc{BytesPerSecond: allocated(h, g), TracingShare: allocatedShare(c, g)}
}

// allocated is counted by the garbage collector, which counts a span of memory as full when
// a thread gets it to allocate from. So a cycle is off by what its threads still have.
func allocated(h snapshot.Heap, g *report.Gaps) *estimate.Estimate {
	if h.Cycles == 0 || h.Covered <= 0 {
		g.Add("alloc.bytes_per_second", "needs two garbage collections since otwatch attached")
	}
	if g.Has("alloc.bytes_per_second") {
		return nil
	}
	perSecond := 1 / h.Covered.Seconds()
	return estimate.Around(float64(h.Allocated)*perSecond, float64(h.Allocated)*allocatedError*perSecond, h.Cycles)
}

func allocatedShare(c classify.Counts, g *report.Gaps) *estimate.Estimate {
	if g.Has("alloc.tracing_share") {
		return nil
	}
	if c.Allocating < minAllocating {
		g.Add("alloc.tracing_share", fmt.Sprintf("needs %d CPU samples of allocations", minAllocating))
		return nil
	}
	return costModel{c}.bytesShare()
}

const (
	// WaitingSpanBytes is the memory of an ended span of four attributes that waits to be
	// exported: a recordingSpan, a snapshot and the attributes.
	WaitingSpanBytes = 1600
	// waitingSpanFactor is the error of that, as a factor in both directions.
	waitingSpanFactor = 2
)

// markShare is tracing's share of the garbage collector's marking. How often it marks
// depends on what is allocated, of which tracing allocates the share b. How much it marks
// each time depends on what is live and has pointers, of which spans that wait to be
// exported are the share s. Without tracing, (1−b)·(1−s) of the marking would remain. If s
// is unknown, it may be anything.
func markShare(s snapshot.Snapshot, b *estimate.Estimate) *estimate.Estimate {
	of := func(b, live float64) float64 { return 1 - (1-b)*(1-min(live, 1)) }
	if s.Heap.Cycles == 0 || s.Heap.Scanned == 0 {
		return &estimate.Estimate{Value: of(b.Value, 0.5), Low: b.Low, High: 1}
	}
	live := WaitingSpans(s.Processors) * WaitingSpanBytes * float64(s.Heap.Cycles) / float64(s.Heap.Scanned)
	return &estimate.Estimate{
		Value: of(b.Value, live), Low: of(b.Low, live/waitingSpanFactor), High: of(b.High, live*waitingSpanFactor), N: s.Heap.Cycles,
	}
}

// WaitingSpans is how many spans wait to be exported, on average.
func WaitingSpans(processors []snapshot.Processor) float64 {
	var waiting float64
	for _, p := range processors {
		if p.Looks > 0 {
			waiting += float64(p.Held) / float64(p.Looks)
		}
	}
	return waiting
}
