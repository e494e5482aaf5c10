package testreport

import (
	"fmt"
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// relation is what holds between the figures of one report, whatever the process does. It is
// checked where all of its figures are known.
type relation struct {
	says string
	// sides are the figures; ok is false if one of them is unknown.
	sides func(r report.Report) (less, more *estimate.Estimate, ok bool)
}

// relations is the table. The left side is at most the right side: they contradict each
// other if the lower end of the left one's interval is above the upper end of the right
// one's.
var relations = []relation{
	{"ended ≤ started + open at the attach", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(r.Spans.Ended, plus(r.Spans.Started, manyOpen))
	}},
	{"sampled ≤ started", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(r.Spans.Sampled, r.Spans.Started)
	}},
	{"exported + failed + dropped ≤ (ended + held at the attach) × processors", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		lost := sum(r.Spans.Exported, r.Spans.Failed, r.Spans.Dropped)
		return atMost(lost, times(plus(r.Spans.Ended, room(r)), float64(max(1, len(r.Processors)))))
	}},
	{"exported + failed ≤ spans in exports", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(sum(r.Spans.Exported, r.Spans.Failed), batches(r))
	}},
	{"lost at exit ≤ ended + held at the attach", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(r.Spans.LostAtExit, plus(r.Spans.Ended, room(r)))
	}},
	{"requests ≤ started", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(r.Request.RootSpans, r.Spans.Started)
	}},
	{"failed exports ≤ exports", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(estimate.Counted(r.Export.Failed), estimate.Counted(r.Export.Operations))
	}},
	{"mean batch ≤ largest batch", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(exactly(r.Export.Batch.Mean), counted(r.Export.Batch.Max))
	}},
	{"p50 ≤ p90", quantiles(func(q report.Quantiles) (less, more *float64) { return q.P50, q.P90 })},
	{"p90 ≤ p99", quantiles(func(q report.Quantiles) (less, more *float64) { return q.P90, q.P99 })},
	{"p99 ≤ longest", quantiles(func(q report.Quantiles) (less, more *float64) { return q.P99, q.Max })},
	{"queue ≤ its peak", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(counted(r.Queue.Size), counted(r.Queue.Peak))
	}},
	{"queue's peak ≤ capacity", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(counted(r.Queue.Peak), counted(r.Queue.Capacity))
	}},
	{"direct + indirect = tracing", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		t := r.CPU.Tracing
		if t.Share == nil || t.Direct == nil || t.Indirect == nil {
			return nil, nil, false
		}
		apart := math.Abs(t.Direct.Value + t.Indirect.Value - t.Share.Value)
		return value(apart), value(1e-6), true
	}},
	{"each stage ≤ tracing", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		most := 0.0
		for _, stage := range r.CPU.Stages {
			if stage.Share != nil {
				most = max(most, stage.Share.Value)
			}
		}
		return atMost(value(most-1e-6), r.CPU.Tracing.Share)
	}},
	{"tracing + instrumentation + metrics ≤ 1", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(sum(r.CPU.Tracing.Share, r.CPU.Instrumentation, r.CPU.Metrics), value(1))
	}},
	{"tracing's seconds ≤ the process's", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return atMost(r.CPU.Tracing.Seconds, value(r.CPU.ProcessSeconds))
	}},
	{"cost of a span × started ≤ tracing's seconds", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		if r.Spans.CostUS == nil || r.Spans.Started == nil {
			return nil, nil, false
		}
		return atMost(r.Spans.CostUS.By(*r.Spans.Started.Times(1e-6)), r.CPU.Tracing.Seconds)
	}},
	{"CPU of transport ≤ what its exports can take", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		transport := r.CPU.Stages["transport"].Share
		if transport == nil || r.Export.Bytes == nil {
			return nil, nil, false
		}
		attempts := float64(r.Export.Operations)
		if r.Export.Retried != nil {
			attempts += float64(*r.Export.Retried)
		}
		return transport.Times(r.CPU.ProcessSeconds), value(attempts*callSeconds + float64(*r.Export.Bytes)*byteSeconds), true
	}},
	{"sent ≤ encoded bytes, but for the frame of a compressor", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		if r.Export.Compression == nil || r.Export.Bytes == nil {
			return nil, nil, false
		}
		return estimate.Counted(r.Export.Compression.SentBytes), estimate.Counted(*r.Export.Bytes + gzipFrame*r.Export.Operations), true
	}},
	{"span names ≤ all spans", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		shares := 0.0
		for _, n := range r.Names {
			if n.Share != nil {
				shares += n.Share.Low
			}
		}
		return value(shares), value(1 + 1e-6), true
	}},
	{"spans of the leaks' sites ≤ all spans", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		shares := 0.0
		for _, l := range r.Leaks {
			shares += l.OfSpans
		}
		return value(shares), value(1 + 1e-6), true
	}},
	{"memory of held spans ≤ resident memory", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		held := 0.0
		for _, l := range r.Leaks {
			if l.HeldBytes != nil {
				held += l.HeldBytes.Low
			}
		}
		return value(held), value(float64(r.Memory.RSSBytes)), r.Known("memory.rss_bytes")
	}},
	{"what watching adds ≤ the process's CPU time", func(r report.Report) (less, more *estimate.Estimate, ok bool) {
		return value(r.Probe.TargetCPUSeconds), value(r.CPU.ProcessSeconds + cpuTicks), r.Known("cpu.process_seconds") && r.Known("probe.target_cpu_seconds")
	}},
}

// What one attempt to export, and one byte of it, take at most in the transport: ten times
// what they take on a slow machine.
const (
	callSeconds = 2e-3
	byteSeconds = 100e-9
	gzipFrame   = 64
)

// cpuTicks is the resolution of a process's CPU time: a clock tick of 10 ms at both ends of the
// window, for user and system time.
const cpuTicks = 4 * 10e-3

// manyOpen bounds the spans that the tests' programs have open at the attach: they end without
// having started in the window.
const manyOpen = 2000

// room is how many spans processors may have held at the attach.
func room(r report.Report) (spans float64) {
	for _, p := range r.Processors {
		if p.Settings != nil {
			spans += float64(p.Settings.MaxQueueSize + p.Settings.MaxExportBatchSize)
		}
	}
	return spans
}

// batches is how many spans the exports that returned had.
func batches(r report.Report) *estimate.Estimate {
	if r.Export.Batch.Mean == nil {
		return nil
	}
	return value(float64(r.Export.Operations)**r.Export.Batch.Mean + 0.5)
}

func quantiles(two func(report.Quantiles) (less, more *float64)) func(report.Report) (less, more *estimate.Estimate, ok bool) {
	return func(r report.Report) (*estimate.Estimate, *estimate.Estimate, bool) {
		less, more := two(r.Export.DurationMS)
		return atMost(exactly(less), exactly(more))
	}
}

func atMost(less, more *estimate.Estimate) (*estimate.Estimate, *estimate.Estimate, bool) {
	return less, more, less != nil && more != nil
}

func value(v float64) *estimate.Estimate { return &estimate.Estimate{Value: v, Low: v, High: v} }

func exactly(v *float64) *estimate.Estimate {
	if v == nil {
		return nil
	}
	return value(*v)
}

func counted(n *uint64) *estimate.Estimate {
	if n == nil {
		return nil
	}
	return estimate.Counted(*n)
}

// sum adds up figures, interval by interval; nil if one is unknown.
func sum(all ...*estimate.Estimate) *estimate.Estimate {
	total := &estimate.Estimate{}
	for _, e := range all {
		if e == nil {
			return nil
		}
		total.Value, total.Low, total.High = total.Value+e.Value, total.Low+e.Low, total.High+e.High
	}
	return total
}

func plus(e *estimate.Estimate, v float64) *estimate.Estimate { return sum(e, value(v)) }

func times(e *estimate.Estimate, factor float64) *estimate.Estimate {
	if e == nil {
		return nil
	}
	return e.Times(factor)
}

// Contradictions lists the relations that do not hold in a report, with their figures, and
// the estimates that are not within their own intervals.
func Contradictions(r report.Report) (found []string) {
	for _, rel := range relations {
		if less, more, ok := rel.sides(r); ok && less.Low > more.High {
			found = append(found, fmt.Sprintf("%s: %v is above %v", rel.says, shown(less), shown(more)))
		}
	}
	return append(found, malformed(r)...)
}

func shown(e *estimate.Estimate) string {
	return fmt.Sprintf("%.6g (%.6g–%.6g)", e.Value, e.Low, e.High)
}
