package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/budget"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// summaryIndent is the column where the figures of the summary begin.
const summaryIndent = 18

// summarySites is the number of call sites in the summary; JSON has more.
const summarySites = 3

// widestSummary keeps sentences readable on a wide terminal.
const widestSummary = 120

// Summary writes everything that r says about one target as text, within the width of
// s. Findings are last, where a terminal shows them.
func Summary(w io.Writer, r report.Report, s Screen) error {
	s.Width = min(s.Width, widestSummary)
	p := &page{screen: s.colourless(), report: r}
	p.title()
	for _, section := range []func(*page){
		(*page).openTelemetry, (*page).tracing, (*page).spans, (*page).export, (*page).queue, (*page).signals, (*page).request, (*page).process,
		(*page).names, (*page).attributes, (*page).sites, (*page).otwatch, (*page).doubted, (*page).missing, (*page).findings,
	} {
		section(p)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// page is a summary that is being written.
type page struct {
	screen Screen
	report report.Report
	lines  []string
}

// String returns the whole page.
func (p *page) String() string { return strings.Join(p.screen.crop(p.lines), "\n") + "\n" }

// add writes one figure below its section's heading.
func (p *page) add(label string, parts ...part) {
	p.put(row{label: "  " + label, parts: parts})
}

// table writes one figure whose parts are columns.
func (p *page) table(label string, parts []part) {
	p.put(row{label: "  " + label, parts: parts, sep: "  "})
}

// put writes a row, without spaces at the ends of lines.
func (p *page) put(r row) {
	for _, line := range r.lines(p.screen, summaryIndent) {
		p.lines = append(p.lines, strings.TrimRight(line, " "))
	}
}

// section writes a blank line and a heading.
func (p *page) section(name string, aside ...part) {
	p.lines = append(p.lines, "")
	p.put(row{label: name, style: heading, parts: aside})
}

func (p *page) title() {
	r := p.report
	t := r.Target
	p.put(row{label: "otwatch", style: heading, parts: []part{
		styled(cut(serviceName(t), 40), heading),
		text(fmt.Sprintf("pid %d", t.PID)),
		text(elapsed(r.Window.Seconds) + " from " + r.Window.Start.UTC().Format(time.DateTime) + " UTC"),
	}})
	parts := versions(t)
	for _, fact := range []struct {
		holds bool
		text  string
	}{{t.Arch != "", t.Arch}, {t.Stripped, "stripped"}, {t.PIE, "PIE"}} {
		if fact.holds {
			parts = append(parts, text(fact.text))
		}
	}
	if t.Exe != "" {
		parts = append(parts, text(t.Exe))
	}
	if place := placeOf(t); place != "" {
		parts = append(parts, text(place))
	}
	if len(parts) > 0 {
		p.put(row{parts: parts})
	}
	if len(t.Origin.Ignored) == 0 && slices.Contains(t.Configured, report.SDKDisabled) { // else it is a finding
		p.put(row{parts: prose(report.SDKDisabled+" is set, but Go's SDK ignores it.", warning), sep: " "})
	}
}

func (p *page) tracing() {
	r := p.report
	p.section("TRACING")
	if r.CPU.Tracing.Share == nil {
		p.add("share of CPU", text(none), styled("not measured yet", quiet))
	} else {
		p.add("share of CPU", text(withInterval(r.CPU.Tracing.Share, estimate.PercentDigits, " %")),
			styled(count(r.CPU.Tracing.Share.N)+" samples", quiet))
	}
	if t := r.CPU.Tracing; t.Direct != nil && t.Indirect != nil {
		p.add("direct", text(withInterval(t.Direct, estimate.PercentDigits, " %")), styled("tracing's own code", quiet))
		p.add("indirect", text(withInterval(t.Indirect, estimate.PercentDigits, " %")), styled("garbage collector, transport, scheduler", quiet))
	}
	if used := r.CPU.Tracing.Seconds; used != nil {
		p.add("CPU time", text(withInterval(used, significant, " s")+" of "+seconds(r.CPU.ProcessSeconds)))
	}
	if cost := r.Spans.CostUS; cost != nil {
		p.add("per span", text(duration(cost, "")))
	}
	all := r.CPU.Stages
	stages := stagesByShare(all)
	for _, name := range stages {
		v := all[name].Share.Value
		drawn := bar(v/all[stages[0]].Share.Value, 2*stageWidth)
		p.add(cut(name, summaryIndent-4), text(padLeft(estimate.Percent(v), 7)+"  "+drawn))
	}
}

// spans writes a table of totals, rates and ratios.
func (p *page) spans() {
	s := p.report.Spans
	p.section("SPANS", styled(padLeft("total", 12)+padLeft("per second", 12), quiet))
	for _, c := range spanCounts(s) {
		st := plain
		if c.lost() {
			st = warning
		}
		figures := padLeft(marked(c.n, count), 12) + padLeft(rateOf(c.n, p.report), 12)
		parts := []part{styled(figures, st)}
		if c.n != nil && c.of != nil && c.of.Value > 0 && c.n.Value > 0 {
			parts = append(parts, styled(ratio(c.n, c.of)+" of "+c.whole, quiet))
		}
		p.table(c.label, append(parts, bounds(c.n)...))
	}
	p.table("live at end", append([]part{text(padLeft(marked(s.Live, count), 12))}, bounds(s.Live)...))
}

// spanCount is one of the counts that follow spans from their start to their end.
type spanCount struct {
	label string
	n     *estimate.Estimate
	of    *estimate.Estimate // the whole that n is a part of; nil: none
	whole string             // its name
	loss  bool
}

func spanCounts(s report.Spans) []spanCount {
	return []spanCount{
		{label: "started", n: s.Started},
		{label: "sampled", n: s.Sampled, of: s.Started, whole: "started"},
		{label: "ended", n: s.Ended},
		{label: "exported", n: s.Exported, of: s.Ended, whole: "ended"},
		{label: "failed", n: s.Failed, of: s.Ended, whole: "ended", loss: true},
		{label: "dropped", n: s.Dropped, of: s.Ended, whole: "ended", loss: true},
	}
}

// lost reports whether c counts lost spans, and is not 0.
func (c spanCount) lost() bool { return c.loss && c.n != nil && c.n.Value > 0 }

// bounds returns the interval of a count that has one.
func bounds(e *estimate.Estimate) []part {
	if e == nil || e.Exact {
		return nil
	}
	return []part{styled(interval(e, count), quiet)}
}

func (p *page) export() {
	e := p.report.Export
	p.section("EXPORT")
	if !p.report.Known("export.operations") {
		p.add("operations", text(none))
		return
	}
	p.add("operations", append(append([]part{text(marked(e.Calls(), count))}, bounds(e.Calls())...),
		text(rateOf(e.Calls(), p.report)))...)
	if o := e.Observed; o != nil && *o < 1 {
		p.add("observed", text(estimate.Percent(*o)+" of the time, since counting all would exceed the budget"))
	}
	failed := text(count(e.Failed))
	if e.Failed > 0 {
		failed = styled(fmt.Sprintf("%s (%s)", count(e.Failed), estimate.Percent(float64(e.Failed)/float64(max(e.Operations, 1)))), warning)
	}
	p.add("failed", failed)
	p.add("retried", append([]part{text(counted(e.Retried))}, waited(e.BackoffSeconds)...)...)
	p.add("duration", text(quantiles(e.DurationMS)))
	p.add("batch", text(batch(e.Batch)))
	if e.Bytes != nil {
		p.add("payload", append([]part{text(memory(float64(*e.Bytes)))}, compression(e.Compression)...)...)
	}
}

// compression says what compression saves, or would save.
func compression(c *report.Compression) []part {
	switch {
	case c == nil || c.Ratio == nil:
		return nil
	case c.On:
		return []part{text(fmt.Sprintf("sent as %s, compression ratio %s", memory(float64(c.SentBytes)), significant(c.Ratio.Value)))}
	}
	return []part{text("sent uncompressed; gzip would save " + memory(c.SavedBytes.Value)), styled(interval(c.SavedBytes, memory), quiet)}
}

func batch(b report.Batch) string {
	if b.Mean == nil || b.Max == nil {
		return none
	}
	return batchOf(b, "spans")
}

func batchOf(b report.Batch, what string) string {
	return fmt.Sprintf("mean %s, largest %s %s", significant(*b.Mean), count(*b.Max), what)
}

// waited renders the time that exports waited before retries.
func waited(seconds float64) []part {
	if seconds == 0 {
		return nil
	}
	return []part{text("backoff " + milliseconds(1000*seconds))}
}

// calls renders the number, duration and failures of calls of one function.
func calls(c report.Calls) []part {
	parts := []part{text(count(c.Operations)), text(quantiles(c.DurationMS))}
	if c.Failed > 0 {
		parts = append(parts, styled("failed "+count(c.Failed), warning))
	}
	return parts
}

// recordsOf names the records that a signal's exports contain.
var recordsOf = map[string]string{snapshot.Metrics: "data points", snapshot.Logs: "records"}

// signals writes the exports of metrics and logs, if there are any.
func (p *page) signals() {
	if len(p.report.Pipelines) == 0 {
		return
	}
	p.section("OTHER SIGNALS")
	for _, pipeline := range p.report.Pipelines {
		parts := calls(pipeline.Calls)
		if pipeline.Batch.Mean != nil && pipeline.Batch.Max != nil {
			parts = append(parts, text(batchOf(pipeline.Batch, recordsOf[pipeline.Signal])))
		}
		if pipeline.Dropped != nil {
			parts = append(parts, text(marked(pipeline.Dropped, count[float64])+" dropped"))
		}
		if q := pipeline.Queue; q != nil {
			parts = append(parts, text("queue "+count(q.Size)+" of "+count(q.Capacity)))
		}
		p.add(pipeline.Signal, parts...)
	}
}

func (p *page) queue() {
	p.section("QUEUE")
	p.add("at end", text(fill(p.report.Queue)))
	p.add("peak", text(counted(p.report.Queue.Peak)))
	for _, processor := range p.report.Processors {
		p.processor(processor)
	}
}

// processor writes the kind, the queue and the settings of one processor.
func (p *page) processor(processor report.Processor) {
	p.add("processor", text(cut(processor.Name, 40)), text(pipeline(processor)))
	q, set := processor.Queue, processor.Settings
	if len(p.report.Processors) > 1 && q.Size != nil {
		p.add("", text(fill(q)), text("peak "+counted(q.Peak)))
	}
	for _, function := range processor.Calls {
		p.add("", append([]part{text(function.Name)}, calls(function.Calls)...)...)
	}
	if set == nil {
		return
	}
	full := "drops when full"
	if set.Blocking {
		full = "blocks when full"
	}
	p.add("", text("queue of "+count(set.MaxQueueSize)), text("batches of "+count(set.MaxExportBatchSize)),
		text("every "+milliseconds(float64(set.BatchTimeoutMS))),
		text("timeout "+milliseconds(float64(set.ExportTimeoutMS))), text(full))
}

func (p *page) process() {
	r := p.report
	p.section("PROCESS")
	cpu := none
	if r.Known("cpu.process_seconds") {
		cpu = seconds(r.CPU.ProcessSeconds)
	}
	p.add("CPU", text(cpu), text(processCores(r)))
	resident := []part{text(rss(r) + " resident")}
	if growth := r.Memory.GrowthBytesPerMinute; growth != nil {
		resident = append(resident, text(trend(growth)))
	}
	p.add("memory", resident...)
	if a := r.Alloc; a.BytesPerSecond != nil {
		p.add("allocation", text(withInterval(a.BytesPerSecond, memory, "/s")))
	}
	if a := r.Alloc; a.TracingShare != nil {
		p.add("", text(withInterval(a.TracingShare, estimate.PercentDigits, " % by tracing")))
	}
}

func (p *page) names() {
	if len(p.report.Names) == 0 {
		return
	}
	p.section("SPAN NAMES", styled(" share  attributes", quiet))
	for _, n := range p.report.Names {
		figures := padLeft(marked(n.Share, estimate.Percent), 6) + padLeft(significant(n.AttributesPerSpan), 12) + "  " + n.Name
		p.table("", []part{text(figures), styled(n.Scope, quiet)})
	}
}

func (p *page) attributes() {
	if len(p.report.Attributes) == 0 {
		return
	}
	p.section("ATTRIBUTES", styled("values  chance of a new value per span", quiet))
	for _, a := range p.report.Attributes {
		p.table("", []part{text(padLeft(manyValues(a), 6) + padLeft(estimate.Percent(a.New.Value), 8) + "  " + a.Key)})
	}
}

// manyValues renders the number of values of an attribute: a lower bound if the next
// span may have a new one.
func manyValues(a report.Attribute) string {
	if a.New.Value == 0 {
		return count(a.AtLeast)
	}
	return "≥" + count(a.AtLeast)
}

func (p *page) sites() {
	if len(p.report.Sites) == 0 {
		return
	}
	p.section("CALL SITES", styled(" share of CPU", quiet))
	for _, site := range p.report.Sites[:min(len(p.report.Sites), summarySites)] {
		figures := padLeft(marked(site.Share, estimate.Percent), 6) + "  " + site.Function
		parts := []part{text(figures), text(site.Stage)}
		if site.File != "" {
			parts = append(parts, styled(fmt.Sprintf("%s:%d", site.File, site.Line), quiet))
		}
		p.table("", parts)
	}
}

func (p *page) findings() {
	p.section("FINDINGS")
	switch {
	case !p.report.Known("findings"):
		p.add("", styled("not evaluated yet", quiet))
	case len(p.report.Findings) == 0:
		p.add("", text("none"))
	}
	for _, f := range bySeverity(p.report.Findings) {
		p.sentence(styled("  "+f.Severity, severityOf(f)), f.Headline(), proseStyle(f))
		for _, a := range f.Advice {
			p.sentence(nil, "→ "+adviceLine(a), plain)
		}
	}
}

// sentence writes prose behind a styled label.
func (p *page) sentence(label part, s string, st style) {
	r := row{parts: prose(s, st), sep: " "}
	if len(label) > 0 {
		r.label, r.style = label[0].text, label[0].style
	}
	p.put(r)
}

func (p *page) otwatch() {
	r := p.report
	probe := r.Probe
	p.section("OTWATCH")
	p.add("adds", text(added(r)))
	if probe.Budget > 0 {
		p.add("budget", text(estimate.Percent(probe.Budget)+" of the target's CPU"), text("at least "+estimate.Percent(budget.Floor)+" of a core"))
	}
	p.add("otwatch uses", text(itself(r)))
	p.add("probe hits", text(count(probe.Hits)), text(plural(probe.Windows, "window")))
	if probe.Samples > 0 {
		p.add("samples", text(count(probe.Samples)), text(significant(probe.SampleHz)+" Hz"),
			text(estimate.Percent(float64(probe.Unclassified)/float64(probe.Samples))+" unclassified"))
	}
	p.add("losses", losses(probe), text(plural(probe.Unmatched, "unmatched return")))
}

// missing lists the figures that could not be measured, grouped by reason.
func (p *page) missing() { p.reasons("NOT MEASURED", p.report.Missing) }

// doubted lists the figures that contradict others, grouped by reason.
func (p *page) doubted() { p.reasons("DOUBTED", p.report.Doubted) }

func (p *page) reasons(section string, figures []snapshot.Missing) {
	if len(figures) == 0 {
		return
	}
	p.section(section)
	for _, r := range reasons(figures) {
		p.wrapped(prose(strings.Join(r.what, ", "), plain), 2)
		p.wrapped(prose(r.why, quiet), 4)
	}
}

// wrapped writes words at an indent.
func (p *page) wrapped(words []part, indent int) {
	for _, line := range p.screen.wrap(words, " ", max(p.screen.Width, minWidth)-indent) {
		p.lines = append(p.lines, strings.Repeat(" ", indent)+line)
	}
}
