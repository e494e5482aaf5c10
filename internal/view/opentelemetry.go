package view

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// partOf is a part of what OpenTelemetry costs.
type partOf struct {
	name   string
	share  *estimate.Estimate
	stages map[string]report.Portion
}

// partsOf are tracing, instrumentation, metrics and logs.
func partsOf(r report.Report) []partOf {
	c := r.CPU
	return []partOf{
		{"tracing", c.Tracing.Share, c.Stages},
		{"instrumentation", c.Instrumentation, c.InstrumentationStages},
		{"metrics", c.Metrics, c.MetricsStages},
		{"logs", c.Logs, c.LogsStages},
	}
}

// seen reports whether a sample showed the part: a program need not have all of them.
func (p partOf) seen() bool { return p.share != nil && p.share.Value > 0 }

// percent renders the part's share; – if no sample showed it.
func (p partOf) percent() string {
	if !p.seen() {
		return none
	}
	return estimate.Percent(p.share.Value)
}

// openTelemetry shows what all of OpenTelemetry costs since attach, and by part. There is no
// row if it is not known.
func (f frame) openTelemetry() []row {
	whole := f.Total.CPU.OpenTelemetry.Share
	if whole == nil {
		return nil
	}
	r := row{name: "OTEL", label: "OTEL", style: heading, rank: essential,
		parts: []part{text(withInterval(whole, estimate.PercentDigits, " % of its CPU"))}}
	for _, p := range partsOf(f.Total) {
		r.parts = append(r.parts, text(p.name+" "+p.percent()))
	}
	return []row{r}
}

// openTelemetry writes what all of OpenTelemetry costs, and by part.
func (p *page) openTelemetry() {
	whole := p.report.CPU.OpenTelemetry
	if whole.Share == nil {
		return
	}
	p.section("OPENTELEMETRY")
	p.add("share of CPU", text(withInterval(whole.Share, estimate.PercentDigits, " %")), styled(count(whole.Share.N)+" samples", quiet))
	for _, of := range partsOf(p.report) {
		if !of.seen() {
			p.add(of.name, text(none), styled("not seen", quiet))
			continue
		}
		p.add(of.name, text(withInterval(of.share, estimate.PercentDigits, " %")))
	}
	if used := whole.Seconds; used != nil {
		p.add("CPU time", text(withInterval(used, significant, " s")+" of "+seconds(p.report.CPU.ProcessSeconds)))
	}
}

// htmlPart is a part of what OpenTelemetry costs, for the page.
type htmlPart struct {
	Name, Value string
	Width       float64 // in percent of the whole
	Stages      []htmlBar
}

// htmlParts are the parts, each with its stages; tracing's have a table of their own.
func htmlParts(r report.Report) (parts []htmlPart) {
	whole := r.CPU.OpenTelemetry.Share
	if whole == nil {
		return nil
	}
	for _, of := range partsOf(r) {
		h := htmlPart{Name: of.name, Value: none}
		if of.seen() {
			h.Value = withInterval(of.share, estimate.PercentDigits, " %")
			h.Width = 100 * of.share.Value / max(whole.Value, of.share.Value)
		}
		if of.name != "tracing" {
			h.Stages = stageBars(of.stages)
		}
		parts = append(parts, h)
	}
	return parts
}
