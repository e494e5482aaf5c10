package compare

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// Figure is a figure with its 95 % interval. A reading has no interval: a change of it is
// never claimed.
type Figure struct {
	// The figure.
	Value float64 `json:"value" unit:"of the figure"`
	// Lower bound of the interval. Null if it is a reading.
	Low *float64 `json:"low" unit:"of the figure"`
	// Upper bound of the interval. Null if it is a reading.
	High *float64 `json:"high" unit:"of the figure"`
}

// figureRow is a row of a comparison.
type figureRow struct {
	name, unit string
	of         func(report.Report) *Figure
}

// figures are the rows of a comparison. They are named by their paths in the report, if
// they are in it; Advice.Expected uses the same names. A row's function returns nil if
// its report does not have the figure.
var figures = []figureRow{
	{"cpu.opentelemetry.share", "share", func(r report.Report) *Figure { return estimated(r.CPU.OpenTelemetry.Share) }},
	{"cpu.tracing.share", "share", func(r report.Report) *Figure { return estimated(r.CPU.Tracing.Share) }},
	{"cpu.tracing.cores", "cores", func(r report.Report) *Figure { return rate(r.CPU.Tracing.Seconds, r) }},
	{"cpu.process.cores", "cores", func(r report.Report) *Figure { return rate(reading(r.CPU.ProcessSeconds), r) }},
	{"spans.cost_us", "us", func(r report.Report) *Figure { return estimated(r.Spans.CostUS) }},
	{"cpu.instrumentation.share", "share", func(r report.Report) *Figure { return estimated(r.CPU.Instrumentation) }},
	{"cpu.metrics.share", "share", func(r report.Report) *Figure { return estimated(r.CPU.Metrics) }},
	{"cpu.logs.share", "share", func(r report.Report) *Figure { return estimated(r.CPU.Logs) }},
	{"spans.started_per_second", "per_second", func(r report.Report) *Figure { return rate(r.Spans.Started, r) }},
	{"spans.ended_per_second", "per_second", func(r report.Report) *Figure { return rate(r.Spans.Ended, r) }},
	{"spans.dropped_share", "share", func(r report.Report) *Figure { return part(r.Spans.Dropped, r.Spans.Ended) }},
	{"spans.failed_share", "share", func(r report.Report) *Figure { return part(r.Spans.Failed, r.Spans.Ended) }},
	{"spans.attribute_bytes", "bytes", func(r report.Report) *Figure { return estimated(r.Spans.AttributeBytes) }},
	{"request.cost_us", "us", func(r report.Report) *Figure { return estimated(r.Request.CostUS) }},
	{"request.blocked_us", "us", func(r report.Report) *Figure { return estimated(r.Request.BlockedUS) }},
	{"queue.utilization", "share", func(r report.Report) *Figure { return read(r.Queue.Utilization) }},
	{"export.duration_ms.p50", "ms", func(r report.Report) *Figure { return read(r.Export.DurationMS.P50) }},
	{"export.duration_ms.p99", "ms", func(r report.Report) *Figure { return read(r.Export.DurationMS.P99) }},
	{"export.batch.mean", "spans", func(r report.Report) *Figure { return read(r.Export.Batch.Mean) }},
	{"export.sent_bytes_per_second", "bytes", sent},
	{"alloc.tracing_share", "share", func(r report.Report) *Figure { return estimated(r.Alloc.TracingShare) }},
	{"memory.growth_bytes_per_minute", "bytes", func(r report.Report) *Figure { return estimated(r.Memory.GrowthBytesPerMinute) }},
	{"memory.rss_bytes", "bytes", func(r report.Report) *Figure { return &Figure{Value: float64(r.Memory.RSSBytes)} }},
}

// readings are the figures that never have an interval.
var readings = []string{
	"queue.utilization", "export.duration_ms.p50", "export.duration_ms.p99", "export.batch.mean", "export.sent_bytes_per_second", "memory.rss_bytes",
}

func estimated(e *estimate.Estimate) *Figure {
	if e == nil {
		return nil
	}
	return &Figure{Value: e.Value, Low: &e.Low, High: &e.High}
}

func read(value *float64) *Figure {
	if value == nil {
		return nil
	}
	return &Figure{Value: *value}
}

// reading is a sum over the window that was read, not estimated.
func reading(value float64) *estimate.Estimate {
	return &estimate.Estimate{Value: value, Low: value, High: value, Exact: true}
}

// sent is what exports put on the wire, without what is sent again.
func sent(r report.Report) *Figure {
	if r.Export.Compression == nil || r.Window.Seconds <= 0 {
		return nil
	}
	return &Figure{Value: float64(r.Export.Compression.SentBytes) / r.Window.Seconds}
}

// rate divides a sum over the report's window by the window's length.
func rate(e *estimate.Estimate, r report.Report) *Figure {
	if e == nil || r.Window.Seconds <= 0 {
		return nil
	}
	return estimated(e.Times(1 / r.Window.Seconds))
}

// part is the share some/all. Its interval assumes errors of some and all in opposite
// directions.
func part(some, all *estimate.Estimate) *Figure {
	if some == nil || all == nil || all.Low <= 0 {
		return nil
	}
	return estimated(&estimate.Estimate{Value: some.Value / all.Value, Low: some.Low / all.High, High: some.High / all.Low})
}

// difference is after - before. They are independent, so their half-widths are added in
// quadrature.
func difference(before, after *Figure) *Figure {
	if before == nil || after == nil {
		return nil
	}
	d := &Figure{Value: after.Value - before.Value}
	if before.Low == nil || after.Low == nil {
		return d
	}
	low := d.Value - math.Hypot(after.Value-*after.Low, *before.High-before.Value)
	high := d.Value + math.Hypot(*after.High-after.Value, before.Value-*before.Low)
	d.Low, d.High = &low, &high
	return d
}

// claimed reports whether a difference is certain: its interval does not contain 0.
func (f *Figure) claimed() bool {
	return f != nil && f.Low != nil && (*f.Low > 0 || *f.High < 0)
}

// finite is f, or nil if it is not a number: a report may have figures whose sums
// overflow.
func (f *Figure) finite() *Figure {
	if f == nil || !number(f.Value) || f.Low != nil && !number(*f.Low) || f.High != nil && !number(*f.High) {
		return nil
	}
	return f
}

func number(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Unit is the unit of a figure; empty if there is no such figure.
func Unit(name string) string {
	for _, f := range figures {
		if f.name == name {
			return f.unit
		}
	}
	return ""
}
