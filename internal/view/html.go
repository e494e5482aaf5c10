package view

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

//go:embed html.css
var htmlStyle string

//go:embed html.tmpl
var htmlText string

var htmlPage = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(htmlStyle) }, "script": asScript, "policy": pagePolicy, "clean": Sanitize, "count": count[uint64], "counted": counted,
	"percent": estimate.Percent, "elapsed": elapsed, "place": placeOf, "reasons": reasonsOf, "bySeverity": bySeverity, "env": environment, "expected": expectedLines,
	"evidence": evidenceOf, "pipeline": pipeline, "milliseconds": milliseconds, "significant": significant, "ms": func(ms int64) string { return milliseconds(float64(ms)) }, "service": serviceName,
	"added": added, "itself": itself, "losses": func(p report.Probe) string { return losses(p)[0].text }, "short": shortPath,
	"utc":    func(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" },
	"share":  func(e *estimate.Estimate) string { return withInterval(e, estimate.PercentDigits, " %") },
	"marked": func(e *estimate.Estimate) string { return marked(e, estimate.Percent) }, "list": func(s []string) string { return strings.Join(s, ", ") },
	"manyValues": manyValues, "scopeHeadings": scopeHeadings,
}).Parse(htmlText + livePages))

// HTML writes everything that is known about targets as one self-contained page. The
// warning is at the top, unless it is "".
func HTML(w io.Writer, courses []report.Timeline, warned string) error {
	page := struct {
		Title, Warning string
		Targets        []htmlTarget
		Flames         bool // a target has flame graphs
	}{Title: "otwatch", Warning: warned}
	for i, c := range courses {
		target := newHTMLTarget(i, c)
		target.Flames = newFlames(c.Samples)
		page.Targets = append(page.Targets, target)
		page.Flames = page.Flames || target.Flames != nil
	}
	if len(courses) == 1 {
		page.Title = "otwatch: " + Sanitize(serviceName(courses[0].Total.Target))
	}
	var b bytes.Buffer
	if err := htmlPage.Execute(&b, page); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	if _, err := (untrusted.Lines{W: w}).Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// htmlTarget is what the template shows of one target.
type htmlTarget struct {
	ID string
	report.Report
	Facts     []fact // beside the share
	Stages    []htmlBar
	Parts     []htmlPart // of OpenTelemetry
	ScopeRows []htmlScope
	Spans     []htmlSpans
	Charts    []chart
	Checklist checklist.Checklist
	Flames    *flames // nil: none
	// ExportsKnown says that exports were counted: 0 means that there were none.
	ExportsKnown bool
}

// fact is a figure with its name.
type fact struct{ Name, Value string }

func newHTMLTarget(i int, c report.Timeline) htmlTarget {
	return htmlTarget{
		ID: fmt.Sprintf("target-%d", i+1), Report: c.Total,
		Facts: headline(c.Total), Stages: stageBars(c.Total.CPU.Stages), Parts: htmlParts(c.Total), ScopeRows: htmlScopes(c.Total), Spans: spanRows(c.Total), Charts: charts(c), Checklist: checklist.Of(c.Total), ExportsKnown: c.Total.Known("export.operations"),
	}
}

// headline are the figures beside tracing's share of the CPU.
func headline(r report.Report) (facts []fact) {
	add := func(name, value string, known bool) {
		if known {
			facts = append(facts, fact{name, value})
		}
	}
	used := r.CPU.Tracing.Seconds
	add("CPU time", withInterval(used, significant, " s")+" of "+seconds(r.CPU.ProcessSeconds), used != nil)
	add("per span", duration(r.Spans.CostUS, ""), r.Spans.CostUS != nil)
	add("per request", duration(r.Request.CostUS, ""), r.Request.CostUS != nil)
	if blocked := r.Request.BlockedUS; blocked != nil {
		wait := "never"
		if blocked.High > 0 {
			wait = duration(blocked, "")
		}
		add("request blocked by exports", wait, true)
	}
	add("CPU of the process", processCores(r), r.Known("cpu.process_seconds"))
	add("resident memory", rss(r), true)
	add("allocations by tracing", withInterval(r.Alloc.TracingShare, estimate.PercentDigits, " %"), r.Alloc.TracingShare != nil)
	return facts
}

// htmlBar is the bar of a stage. Width is in percent of the longest bar.
type htmlBar struct {
	Name, Value, Kind, Method string
	Width                     float64
}

func stageBars(stages map[string]report.Portion) (bars []htmlBar) {
	names := stagesByShare(stages)
	for _, name := range names {
		portion := stages[name]
		bars = append(bars, htmlBar{name, withInterval(portion.Share, estimate.PercentDigits, " %"), portion.Kind, portion.Method,
			100 * portion.Share.Value / stages[names[0]].Share.Value})
	}
	return bars
}

// htmlSpans is a row of the table of spans.
type htmlSpans struct {
	Name, Total, Rate, Part string
	Loss                    bool
}

func spanRows(r report.Report) (rows []htmlSpans) {
	for _, c := range spanCounts(r.Spans) {
		row := htmlSpans{Name: c.label, Total: marked(c.n, count), Rate: rateOf(c.n, r), Loss: c.lost()}
		if c.n != nil && c.of != nil && c.of.Value > 0 && c.n.Value > 0 {
			row.Part = ratio(c.n, c.of) + " of " + c.whole
		}
		rows = append(rows, row)
	}
	return rows
}

// environment renders the settings of an advice, ready to paste.
func environment(a report.Advice) string { return strings.Join(settings(a), "\n") }

// expectedLines returns the figures that are expected after an advice, in their units.
func expectedLines(a report.Advice) (facts []fact) {
	for _, name := range slices.Sorted(maps.Keys(a.Expected)) {
		facts = append(facts, fact{name, inUnit(compare.Unit(name), a.Expected[name])})
	}
	return facts
}

// htmlReason is a reason why figures are missing.
type htmlReason struct {
	Reason  string
	Figures []string
}

func reasonsOf(missing []snapshot.Missing) (all []htmlReason) {
	for _, r := range reasons(missing) {
		all = append(all, htmlReason{r.why, r.what})
	}
	return all
}

// evidenceOf returns the numbers of a finding, by name.
func evidenceOf(f report.Finding) (facts []fact) {
	for _, name := range slices.Sorted(maps.Keys(f.Evidence)) {
		facts = append(facts, evidence(name, f.Evidence[name]))
	}
	return facts
}

// shares names the numbers of evidence that are fractions; so are all that have share
// in their names.
var shares = []string{"low", "high", "limit", "utilization"}

// evidence renders a number in the unit at the end of its name, and removes the unit
// from the name.
func evidence(name string, v float64) fact {
	format := significant
	if slices.Contains(shares, name) || strings.Contains(name, "share") {
		format = estimate.Percent
	}
	for _, unit := range []struct {
		ending string
		format func(float64) string
	}{{"_ms", milliseconds}, {"_per_second", perSecond}, {"_per_minute", func(v float64) string { return memory(v) + "/min" }}, {"_bytes", memory}, {"seconds", seconds}} {
		if strings.HasSuffix(name, unit.ending) {
			name, format = strings.TrimSuffix(name, unit.ending), unit.format
			break
		}
	}
	return fact{strings.ReplaceAll(cmp.Or(name, "time"), "_", " "), format(v)}
}
