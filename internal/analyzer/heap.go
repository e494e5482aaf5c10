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
	if c.AllAllocating() < minAllocating {
		g.Add("alloc.tracing_share", fmt.Sprintf("needs %d CPU samples of allocations", minAllocating))
		return nil
	}
	return costModel{c}.bytesShare(classify.Tracing)
}

const (
	// WaitingSpanBytes is the memory of an ended span of four attributes that waits to be
	// exported: a recordingSpan, a snapshot and the attributes.
	WaitingSpanBytes = 1600
	// DataPointBytes is the memory that the SDK keeps for an attribute set of an instrument:
	// the set, the map's entry, and the reservoir of exemplars. With SDK v1.47 a counter's
	// takes 719 bytes with one attribute and 1,381 with eight, a histogram's 3,887 and 4,549.
	DataPointBytes = 1800
	// logQueueBytes is the memory of a batch processor's queue of 2,048 log records, full or
	// not. A record is 584 bytes, which the allocator rounds up to 640.
	logQueueBytes = 2048 * 640
	// liveFactor and dataPointFactor are their errors, as factors in both directions.
	liveFactor, dataPointFactor = 2, 2.6
)

// marking is who causes the garbage collector's marking. How often it marks depends on what
// is allocated, of which a part allocates the share b. How much it marks each time depends on
// what is live and has pointers, of which the part has the share s. Without the part,
// (1−b)·(1−s) of the marking would remain. What tracing does not cause is the other parts' by
// their shares of b and s.
func (c costModel) marking(s snapshot.Snapshot) shares {
	live, together := map[classify.Class]*estimate.Estimate{}, &estimate.Estimate{}
	for _, class := range openTelemetry {
		live[class] = c.liveShare(s, class)
		together = together.With(*live[class])
	}
	all := marked(c.bytesShare(openTelemetry...), together.Within(0, 1), s.Heap.Cycles)
	tracing := marked(c.bytesShare(classify.Tracing), live[classify.Tracing], s.Heap.Cycles)
	of := map[classify.Class]*estimate.Estimate{classify.Tracing: tracing}
	others := openTelemetry[1:]
	weights := 0.0
	for _, class := range others {
		weights += c.bytesShare(class).Value + live[class].Value
	}
	for _, class := range others {
		b := c.bytesShare(class)
		m := marked(b, live[class], s.Heap.Cycles)
		m.Value = 0
		if weights > 0 {
			m.Value = max(0, all.Value-tracing.Value) * (b.Value + live[class].Value) / weights
		}
		m.Low, m.High = min(m.Low*(1-live[classify.Tracing].High), m.Value), max(m.High, m.Value)
		of[class] = m
	}
	return shares{all: all, of: of}
}

// marked is a part's share of the marking, given its shares of what is allocated and live.
func marked(b, live *estimate.Estimate, cycles uint64) *estimate.Estimate {
	of := func(b, live float64) float64 { return 1 - (1-b)*(1-live) }
	return &estimate.Estimate{Value: of(b.Value, live.Value), Low: of(b.Low, live.Low), High: of(b.High, live.High), N: cycles}
}

// liveShare is a part's share of the live heap that the garbage collector scans: of tracing,
// spans that wait to be exported, of metrics, the data points, and of logs, the queue. If it
// is unknown, it may be anything.
func (c costModel) liveShare(s snapshot.Snapshot, class classify.Class) *estimate.Estimate {
	bytes, factor := 0.0, float64(liveFactor)
	switch points := dataPoints(s); {
	case class == classify.Tracing && len(s.Processors) > 0:
		bytes = WaitingSpans(s.Processors) * WaitingSpanBytes
	case c.Classes[class] == 0 || class == classify.Instrumentation:
		return &estimate.Estimate{}
	case class == classify.Metrics && points == nil:
		return &estimate.Estimate{High: 1}
	case class == classify.Metrics:
		bytes, factor = *points*DataPointBytes, dataPointFactor
	case class == classify.Logs:
		bytes = logQueueBytes
	}
	if s.Heap.Cycles == 0 || s.Heap.Scanned == 0 {
		return &estimate.Estimate{Value: unknownLive[class], High: 1}
	}
	live := bytes * float64(s.Heap.Cycles) / float64(s.Heap.Scanned)
	return estimate.Estimate{Value: live, Low: live / factor, High: live * factor}.Within(0, 1)
}

// unknownLive are the shares of the live heap that are assumed if they are unknown.
var unknownLive = map[classify.Class]float64{classify.Tracing: 0.5}

// dataPoints is how many data points metric readers export at a time; nil if that is unknown.
func dataPoints(s snapshot.Snapshot) *float64 {
	p := s.PipelineOf(snapshot.Metrics)
	if p == nil || p.Calls.Count == 0 || p.Unsized > 0 {
		return nil
	}
	mean := estimate.Ratio(p.Records, p.Calls.Count)
	return &mean
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
