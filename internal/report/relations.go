package report

import (
	"fmt"
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
)

// Relation is what holds between the figures of one report, whatever the process does. It is
// checked where all of its figures are known.
type Relation struct {
	Says string
	// sides are the figures; ok is false if one of them is unknown.
	sides func(r Report) (less, more *estimate.Estimate, ok bool)
	// less and more are the figures that each side is made of, as in doubtful. If the relation
	// does not hold, those of the left side may be lower by as much, and those of the right
	// side higher.
	less, more []string
	// rests are the other figures, and findings, that rest on these.
	rests []string
}

// relations is the table. The left side is at most the right side: they contradict each
// other if the lower end of the left one's interval is above the upper end of the right
// one's.
var relations = []Relation{
	{
		Says: "ended ≤ started + open at the attach",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(r.Spans.Ended, plus(r.Spans.Started, manyOpen))
		},
		less: []string{"spans.ended"}, more: []string{"spans.started"}, rests: []string{"spans.sampled", "spans.cost_us", "request"},
	},
	{
		Says: "sampled ≤ started",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(r.Spans.Sampled, r.Spans.Started)
		},
		less: []string{"spans.sampled"}, more: []string{"spans.started"}, rests: []string{"spans.cost_us", "request"},
	},
	{
		Says: "exported + failed + dropped ≤ (ended + held at the attach) × processors",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			lost := sum(r.Spans.Exported, r.Spans.Failed, r.Spans.Dropped)
			return atMost(lost, times(plus(r.Spans.Ended, room(r)), float64(max(1, len(r.Processors)))))
		},
		less: []string{"spans.exported", "spans.failed", "spans.dropped"}, more: []string{"spans.ended"}, rests: []string{"findings.span-drop"},
	},
	{
		Says: "exported + failed ≤ spans in exports",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(sum(r.Spans.Exported, r.Spans.Failed), batches(r))
		},
		less: []string{"spans.exported", "spans.failed", "export.batch"}, rests: []string{"findings.batch-config"},
	},
	{
		Says: "lost at exit ≤ ended + held at the attach",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(r.Spans.LostAtExit, plus(r.Spans.Ended, room(r)))
		},
		less: []string{"spans.lost_at_exit"}, more: []string{"spans.ended"}, rests: []string{"findings.lost-at-exit"},
	},
	{
		Says: "requests ≤ started",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(r.Request.RootSpans, r.Spans.Started)
		},
		less: []string{"request.root_spans"}, more: []string{"spans.started"},
		rests: []string{"request.cost_us", "request.blocked_us", "spans.cost_us"},
	},
	{
		Says: "failed exports ≤ exports",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(estimate.Counted(r.Export.Failed), estimate.Counted(r.Export.Operations))
		},
		less: []string{"export"}, rests: []string{"findings.export-errors", "findings.export-slow"},
	},
	{
		Says: "mean batch ≤ largest batch",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(exactly(r.Export.Batch.Mean), counted(r.Export.Batch.Max))
		},
		less: []string{"export.batch"}, rests: []string{"findings.batch-config"},
	},
	ofQuantiles("p50 ≤ p90", func(q Quantiles) (less, more *float64) { return q.P50, q.P90 }),
	ofQuantiles("p90 ≤ p99", func(q Quantiles) (less, more *float64) { return q.P90, q.P99 }),
	ofQuantiles("p99 ≤ longest", func(q Quantiles) (less, more *float64) { return q.P99, q.Max }),
	{
		Says: "queue ≤ its peak",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(counted(r.Queue.Size), counted(r.Queue.Peak))
		},
		less: []string{"queue"}, rests: []string{"findings.queue-backlog"},
	},
	{
		Says: "queue's peak ≤ capacity",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(counted(r.Queue.Peak), counted(r.Queue.Capacity))
		},
		less: []string{"queue"}, rests: []string{"findings.queue-backlog"},
	},
	{
		Says: "direct + indirect = tracing",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			t := r.CPU.Tracing
			if t.Share == nil || t.Direct == nil || t.Indirect == nil {
				return nil, nil, false
			}
			apart := math.Abs(t.Direct.Value + t.Indirect.Value - t.Share.Value)
			return value(apart), value(1e-6), true
		},
		less: []string{"cpu.tracing.direct", "cpu.tracing.indirect"}, rests: []string{"findings.hot-path", "findings.attribute-cost"},
	},
	{
		Says:  "each stage ≤ tracing",
		sides: largestStage(func(c CPU) (map[string]Portion, *estimate.Estimate) { return c.Stages, c.Tracing.Share }),
		less:  []string{"cpu.stages"}, more: []string{"cpu.tracing.share"}, rests: []string{"findings.hot-path", "findings.attribute-cost"},
	},
	{
		Says: "tracing + instrumentation + metrics + logs = OpenTelemetry",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			parts := sum(partsOf(r.CPU)...)
			if parts == nil || r.CPU.OpenTelemetry.Share == nil {
				return nil, nil, false
			}
			return value(math.Abs(parts.Value - r.CPU.OpenTelemetry.Share.Value)), value(1e-6), true
		},
		less: []string{"cpu.opentelemetry"},
	},
	{
		Says: "each part of OpenTelemetry ≤ OpenTelemetry",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			most := &estimate.Estimate{}
			for _, part := range partsOf(r.CPU) {
				if part != nil && part.Low > most.Low {
					most = part
				}
			}
			return atMost(plus(most, -1e-6), r.CPU.OpenTelemetry.Share)
		},
		less: []string{"cpu.tracing.share", "cpu.instrumentation", "cpu.metrics", "cpu.logs"}, more: []string{"cpu.opentelemetry.share"},
	},
	stagesWithin("instrumentation", func(c CPU) (map[string]Portion, *estimate.Estimate) {
		return c.InstrumentationStages, c.Instrumentation
	}),
	stagesWithin("metrics", func(c CPU) (map[string]Portion, *estimate.Estimate) { return c.MetricsStages, c.Metrics }),
	stagesWithin("logs", func(c CPU) (map[string]Portion, *estimate.Estimate) { return c.LogsStages, c.Logs }),
	{
		Says: "tracing + instrumentation + metrics + logs ≤ 1",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(sum(partsOf(r.CPU)...), value(1))
		},
		less:  []string{"cpu.tracing.share", "cpu.instrumentation", "cpu.metrics", "cpu.logs"},
		rests: []string{"spans.cost_us", "request.cost_us", "findings.sampling-high"},
	},
	{
		Says: "tracing's seconds ≤ the process's",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return atMost(r.CPU.Tracing.Seconds, value(r.CPU.ProcessSeconds))
		},
		less: []string{"cpu.tracing.seconds"}, rests: []string{"spans.cost_us", "request.cost_us", "findings.sampling-high"},
	},
	{
		Says: "cost of a span × started ≤ tracing's seconds",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			if r.Spans.CostUS == nil || r.Spans.Started == nil {
				return nil, nil, false
			}
			return atMost(r.Spans.CostUS.By(*r.Spans.Started.Times(1e-6)), r.CPU.Tracing.Seconds)
		},
		less: []string{"spans.cost_us"}, rests: []string{"request.cost_us"},
	},
	{
		Says: "CPU of transport ≤ what its exports can take",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			transport := r.CPU.Stages["transport"].Share
			if transport == nil || r.Export.Bytes == nil || r.CPU.ProcessSeconds <= 0 {
				return nil, nil, false
			}
			attempts := float64(r.Export.Operations)
			if r.Export.Retried != nil {
				attempts += float64(*r.Export.Retried)
			}
			most := (attempts*callSeconds + float64(*r.Export.Bytes)*byteSeconds) * slowness(r)
			return transport, value(most / r.CPU.ProcessSeconds), true
		},
		less:  []string{"cpu.stages.transport", "cpu.tracing.share"},
		rests: []string{"spans.cost_us", "request.cost_us", "findings.sampling-high", "findings.hot-path"},
	},
	{
		Says: "sent ≤ encoded bytes, but for the frame of a compressor",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			if r.Export.Compression == nil || r.Export.Bytes == nil {
				return nil, nil, false
			}
			return estimate.Counted(r.Export.Compression.SentBytes), estimate.Counted(*r.Export.Bytes + gzipFrame*r.Export.Operations), true
		},
		less: []string{"export.compression"}, rests: []string{"findings.uncompressed"},
	},
	{
		Says: "span names ≤ all spans",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			shares := 0.0
			for _, n := range r.Names {
				if n.Share != nil {
					shares += n.Share.Low
				}
			}
			return value(shares), value(1 + 1e-6), true
		},
		less: []string{"names"}, rests: []string{"findings.high-cardinality"},
	},
	{
		Says: "CPU of the scopes ≤ OpenTelemetry",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			shares := 0.0
			for _, s := range r.Scopes {
				if s.Share != nil {
					shares += s.Share.Low
				}
			}
			return atMost(value(shares), r.CPU.OpenTelemetry.Share)
		},
		less: []string{"scopes"},
	},
	{
		Says: "spans of the leaks' sites ≤ all spans",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			shares := 0.0
			for _, l := range r.Leaks {
				shares += l.OfSpans
			}
			return value(shares), value(1 + 1e-6), true
		},
		less: []string{"leaks"}, rests: []string{"findings.span-leak"},
	},
	{
		Says: "memory of held spans ≤ resident memory",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			held := 0.0
			for _, l := range r.Leaks {
				if l.HeldBytes != nil {
					held += l.HeldBytes.Low
				}
			}
			return value(held), value(float64(r.Memory.RSSBytes)), r.Known("memory.rss_bytes")
		},
		less: []string{"leaks.held_bytes"}, rests: []string{"findings.memory-growth"},
	},
	{
		Says: "what watching adds ≤ the process's CPU time",
		sides: func(r Report) (less, more *estimate.Estimate, ok bool) {
			return value(r.Probe.TargetCPUSeconds), value(r.CPU.ProcessSeconds + cpuTicks), r.Known("cpu.process_seconds") && r.Known("probe.target_cpu_seconds")
		},
		less: []string{"probe.target_cpu_seconds"},
	},
}

// What one attempt to export, and one byte of it, take at most in the transport: ten times
// what they take on a slow machine.
const (
	callSeconds = 2e-3
	byteSeconds = 100e-9
	gzipFrame   = 64
)

// usualHit is the CPU time of one probe hit, in microseconds, that no machine exceeds unless it
// is emulated.
const usualHit = 10

// slowness is how many times slower the machine is than one that is not emulated. The cost of a
// probe hit shows it.
func slowness(r Report) float64 { return max(1, r.Probe.HitUS/usualHit) }

// cpuTicks is the resolution of a process's CPU time: a clock tick of 10 ms at both ends of the
// window, for user and system time.
const cpuTicks = 4 * 10e-3

// manyOpen is how many spans may be open at the attach, and end without having started in the
// window.
const manyOpen = 2000

// room is how many spans processors may have held at the attach.
func room(r Report) (spans float64) {
	for _, p := range r.Processors {
		if p.Settings != nil {
			spans += float64(p.Settings.MaxQueueSize + p.Settings.MaxExportBatchSize)
		}
	}
	return spans
}

// batches is how many spans the exports that returned had.
func batches(r Report) *estimate.Estimate {
	if r.Export.Batch.Mean == nil {
		return nil
	}
	return value(float64(r.Export.Operations)**r.Export.Batch.Mean + 0.5)
}

func ofQuantiles(says string, two func(Quantiles) (less, more *float64)) Relation {
	return Relation{
		Says: says,
		sides: func(r Report) (*estimate.Estimate, *estimate.Estimate, bool) {
			less, more := two(r.Export.DurationMS)
			return atMost(exactly(less), exactly(more))
		},
		less: []string{"export.duration_ms"}, rests: []string{"findings.export-slow"},
	}
}

// stagesWithin is that no stage of a part of OpenTelemetry takes more than the part.
func stagesWithin(part string, of func(CPU) (map[string]Portion, *estimate.Estimate)) Relation {
	return Relation{
		Says:  "each stage of " + part + " ≤ " + part,
		sides: largestStage(of),
		less:  []string{"cpu." + part + "_stages"}, more: []string{"cpu." + part},
	}
}

// largestStage compares the largest stage with the part that it is a stage of.
func largestStage(of func(CPU) (map[string]Portion, *estimate.Estimate)) func(Report) (less, more *estimate.Estimate, ok bool) {
	return func(r Report) (less, more *estimate.Estimate, ok bool) {
		stages, whole := of(r.CPU)
		most := 0.0
		for _, stage := range stages {
			if stage.Share != nil {
				most = max(most, stage.Share.Value)
			}
		}
		return atMost(value(most-1e-6), whole)
	}
}

// partsOf are the shares of the parts of OpenTelemetry; nil is not known.
func partsOf(c CPU) []*estimate.Estimate {
	return []*estimate.Estimate{c.Tracing.Share, c.Instrumentation, c.Metrics, c.Logs}
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
		total = total.With(*e)
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

// Relations is the table, which callers must not modify.
func Relations() []Relation { return relations }

// Excess is by how much the left side is above the right one in a report, with the figures; 0
// if the relation holds.
func (rel Relation) Excess(r Report) (by float64, why string) {
	less, more, ok := rel.sides(r)
	if !ok || !(less.Low > more.High) {
		return 0, ""
	}
	return less.Low - more.High, fmt.Sprintf("%s: %v is above %v", rel.Says, shown(less), shown(more))
}

func shown(e *estimate.Estimate) string {
	if e.Low == e.High {
		return fmt.Sprintf("%.6g", e.Value)
	}
	return fmt.Sprintf("%.6g (%.6g–%.6g)", e.Value, e.Low, e.High)
}
