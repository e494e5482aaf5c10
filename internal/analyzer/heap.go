package analyzer

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minAllocating is from how many samples of allocations on their share is
// claimed.
const minAllocating = 30

// allocatedError is the part by which what was allocated may be off.
const allocatedError = 0.02

// alloc is what the process allocates, and tracing's share of it.
func alloc(h snapshot.Heap, c classify.Counts, g *report.Gaps) report.Alloc {
	return report.Alloc{BytesPerSecond: allocated(h, g), TracingShare: allocatedShare(c, g)}
}

// allocated is counted by the collector, which takes a span of memory for full
// when a thread gets it to allocate from: so a cycle may be off by what its
// threads held.
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
	// A span of four attributes, ended and waiting, holds a recordingSpan, a
	// snapshot and its attributes.
	WaitingSpanBytes = 1600
	// waitingSpanFactor is how far off that may be, either way.
	waitingSpanFactor = 2
)

// markShare is tracing's share of the collector's marking. How often it marks
// follows what is allocated, of which b is tracing's; how much it marks then,
// follows what is live and holds pointers, of which the spans that wait to be
// exported are a share s. Without tracing, (1−b)·(1−s) would be left. Where s
// is not known, it is anything.
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

// waitingSpans is how many spans wait to be exported, on average.
func WaitingSpans(processors []snapshot.Processor) float64 {
	var waiting float64
	for _, p := range processors {
		if p.Looks > 0 {
			waiting += float64(p.Held) / float64(p.Looks)
		}
	}
	return waiting
}
