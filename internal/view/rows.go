package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// spans shows recent rates and the total of losses, because a span lost an hour ago is
// still lost.
func (f frame) spans() row {
	recent, total := f.Recent.Spans, f.Total.Spans
	rate := func(name string, e *estimate.Estimate) part {
		return text(name + " " + rateOf(e, f.Recent))
	}
	parts := []part{rate("started", recent.Started), rate("ended", recent.Ended), rate("exported", recent.Exported)}
	parts = append(parts,
		f.loss("failed", total.Failed, recent.Failed),
		f.loss("dropped", total.Dropped, recent.Dropped))
	if recent.Sampled != nil && recent.Started != nil && recent.Started.Value > 0 {
		parts = append(parts, text("sampled "+ratio(recent.Sampled, recent.Started)))
	}
	if never := f.Total.NeverEnded(); never != nil {
		parts = append(parts, neverEnded(never))
	}
	if total.Live != nil {
		parts = append(parts, text("live "+marked(total.Live, count)))
	}
	return row{name: "SPANS", label: "SPANS", style: heading, parts: parts, rank: essential}
}

// neverEnded renders the share of spans that leak, as a warning if its interval
// excludes 0.
func neverEnded(share *estimate.Estimate) part {
	if share.Value == 0 {
		return text("never ended 0 of " + count(share.N) + " followed")
	}
	says := "never ended " + marked(share, estimate.Percent)
	if share.Low > 0 {
		return styled(says, warning)
	}
	return text(says)
}

func rateOf(e *estimate.Estimate, r report.Report) string {
	if r.Window.Seconds <= 0 {
		return none
	}
	return marked(scaled(e, 1/r.Window.Seconds), perSecond)
}

// ratio renders a/b as a percentage.
func ratio(a, b *estimate.Estimate) string {
	return marked(&estimate.Estimate{Value: a.Value / b.Value, Low: a.Low / b.High, High: a.High / b.Low,
		Exact: a.Exact && b.Exact}, estimate.Percent)
}

// loss renders the number of spans lost since attach, and the rate at which they are
// lost now.
func (f frame) loss(name string, total, recent *estimate.Estimate) part {
	if total == nil || total.Value == 0 && total.High == 0 {
		return text(name + " " + marked(total, count))
	}
	now := ""
	if recent != nil && f.Recent.Window.Seconds > 0 {
		now = " (" + rateOf(recent, f.Recent) + " now)"
		if recent.Value == 0 {
			now = " (none now)"
		}
	}
	return styled(name+" "+marked(total, count)+now, warning)
}

func (f frame) export() row {
	r := row{name: "EXPORT", label: "EXPORT", style: heading, rank: useful}
	if !f.Total.Known("export.operations") {
		r.parts = []part{text(none)}
		return r
	}
	if f.Total.Export.Operations == 0 {
		r.parts = []part{styled("no export has finished yet", quiet)}
		return r
	}
	recent := f.Recent.Export
	if recent.Operations == 0 {
		last := "no export finished in the last " + elapsed(f.Recent.Window.Seconds)
		r.parts = []part{text(last), text(marked(f.Total.Export.Calls(), count) + " since attach"), f.failedExports()}
		return r
	}
	rate := rateOf(recent.Calls(), f.Recent)
	if recent.Batch.Mean != nil {
		rate += " × " + significant(*recent.Batch.Mean) + " spans"
	}
	r.parts = []part{text(rate), text(quantiles(recent.DurationMS)), f.failedExports(),
		text("retried " + counted(f.Total.Export.Retried))}
	return r
}

func (f frame) failedExports() part {
	e := f.Total.Export
	if e.Failed == 0 {
		return text("none failed")
	}
	return styled(fmt.Sprintf("%s of %s failed", count(e.Failed), marked(e.Calls(), count)), warning)
}

func quantiles(q report.Quantiles) string {
	one := func(name string, ms *float64) string {
		if ms == nil {
			return name + " " + none
		}
		return name + " " + milliseconds(*ms)
	}
	return strings.Join([]string{one("p50", q.P50), one("p90", q.P90), one("p99", q.P99), one("max", q.Max)}, "  ")
}

// queue shows how full the queues are, relative to their capacity and not to their
// peak: a healthy queue is a flat line at the bottom.
func (f frame) queue() row {
	q := f.Total.Queue
	r := row{name: "QUEUE", label: "QUEUE", style: heading, rank: useful}
	r.parts = []part{text(fill(q))}
	if len(f.QueueHistory) > 0 {
		top := slices.Max(f.QueueHistory)
		if q.Capacity != nil {
			top = *q.Capacity
		}
		line := styled(sparkline(f.QueueHistory, top, sparkWidth), plain)
		r.parts = []part{append(line, run{text: "  " + fill(q)})}
	}
	if q.Peak != nil {
		r.parts = append(r.parts, text("peak "+count(*q.Peak)))
	}
	return r
}

// fill renders a queue's size: 310 of 2,048 (15 %).
func fill(q report.Queue) string {
	if q.Size == nil {
		return none
	}
	if q.Capacity == nil {
		return count(*q.Size) + " spans"
	}
	return fmt.Sprintf("%s of %s%s", count(*q.Size), count(*q.Capacity), utilization(q))
}

func utilization(q report.Queue) string {
	if q.Utilization == nil {
		return ""
	}
	return " (" + estimate.Percent(*q.Utilization) + ")"
}

// processors has a row for each processor if there are several.
func (f frame) processors() []row {
	if len(f.Total.Processors) < 2 {
		return nil
	}
	var rows []row
	for _, p := range f.Total.Processors {
		parts := []part{text(pad(p.Name, 28))}
		if p.Queue.Peak != nil {
			parts = append(parts, text(fill(p.Queue)), text("peak "+count(*p.Queue.Peak)))
		}
		rows = append(rows, row{name: "each processor", parts: append(parts, text(pipeline(p))), sep: "   ", rank: detail})
	}
	return rows
}

func (f frame) process() row {
	parts := []part{text(processCores(f.Recent)), text(rss(f.Total) + " memory")}
	if growth := f.Total.Memory.GrowthBytesPerMinute; growth != nil {
		parts = append(parts, text(trend(growth)))
	}
	if a := f.Recent.Alloc; a.BytesPerSecond != nil {
		parts = append(parts, text("allocates "+marked(a.BytesPerSecond, memory)+"/s"))
	}
	if a := f.Total.Alloc; a.TracingShare != nil {
		parts = append(parts, text(withInterval(a.TracingShare, estimate.PercentDigits, " % of allocations by tracing")))
	}
	return row{name: "PROCESS", label: "PROCESS", style: heading, parts: parts, rank: advised}
}

func rss(r report.Report) string {
	if !r.Known("memory.rss_bytes") {
		return none
	}
	return memory(float64(r.Memory.RSSBytes))
}

// trend says whether memory grows or shrinks. It is flat if the interval of the growth
// contains 0.
func trend(growth *estimate.Estimate) string {
	switch {
	case growth.Low > 0:
		return "growing " + withInterval(growth, memory, "/min")
	case growth.High < 0:
		return "shrinking " + withInterval(scaled(growth, -1), memory, "/min")
	default:
		return "flat"
	}
}

func (f frame) names() []row {
	var rows []row
	label := "NAMES"
	for _, n := range f.Total.Names[:min(busiest, len(f.Total.Names))] {
		parts := []part{text(pad(n.Name, 28)), text(padLeft(marked(n.Share, estimate.Percent), 7) + " of spans"),
			text(padLeft(significant(n.AttributesPerSpan), 3) + " attributes each"), styled(n.Scope, quiet)}
		rows = append(rows, row{name: "NAMES", label: label, style: heading, parts: parts, sep: "   ", rank: extra})
		label = ""
	}
	return rows
}

func (f frame) sites() []row {
	var rows []row
	label := "SITES"
	for _, site := range f.Total.Sites[:min(busiest, len(f.Total.Sites))] {
		parts := []part{text(padRight(shortFunction(site.Function), 28)), text(padLeft(marked(site.Share, estimate.Percent), 7) + " of CPU"),
			text(pad(site.Stage, 10)), styled(fmt.Sprintf("%s:%d", shortPath(site.File), site.Line), quiet)}
		rows = append(rows, row{name: "SITES", label: label, style: heading, parts: parts, sep: "   ", rank: extra})
		label = ""
	}
	return rows
}

func (f frame) otwatch(keys string) row {
	parts := []part{text("adds " + added(f.Recent)), text("uses " + itself(f.Recent)), losses(f.Total.Probe)}
	if n := f.Total.Probe.Unmatched; n > 0 {
		parts = append(parts, text(plural(n, "unmatched return")))
	}
	return row{label: "OTWATCH", style: heading, parts: parts, right: keys}
}
