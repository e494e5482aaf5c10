package view

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// chart is a figure over time as SVG paths, in a box of chartWidth by chartHeight that
// is stretched to the page. Text is outside the box.
type chart struct {
	Title, Top  string // Top is the value of the upper edge
	Begin, End  string // of the time
	Lines       []chartLine
	Steps       []chartStep
	Description string // for screen readers
}

// chartLine is one line of a chart. It has gaps where the figure is not known.
type chartLine struct {
	Class, Name, Value string
	Path, Band         string // Band is its interval; empty: none
}

// chartStep is a stretch of time, with the figures of that stretch in words.
type chartStep struct {
	X, Width float64
	Words    string
}

const (
	chartWidth  = 600.0
	chartHeight = 120.0
)

// chartOf says what a chart shows.
type chartOf struct {
	title   string
	sampled bool // over stretches that are long enough for a share of the CPU
	format  func(float64) string
	lines   []lineOf
	// top is the least value of the upper edge.
	top func(report.Report) float64
}

// lineOf is a line of a chart: its class in the style sheet, its name, and the figure,
// nil if it is not known.
type lineOf struct {
	class, name string
	of          func(report.Report) *estimate.Estimate
}

var chartsOf = []chartOf{
	{title: "Tracing's share of the CPU", sampled: true, format: estimate.Percent, lines: []lineOf{
		{"a", "share", func(r report.Report) *estimate.Estimate { return r.CPU.Tracing.Share }},
	}},
	{title: "Spans per second", format: significant, lines: []lineOf{
		{"a", "ended", func(r report.Report) *estimate.Estimate { return eachSecond(r.Spans.Ended, r) }},
		{"bad", "dropped", func(r report.Report) *estimate.Estimate { return eachSecond(r.Spans.Dropped, r) }},
	}},
	{title: "Spans in the queue", format: significant, top: capacityOf, lines: []lineOf{
		{"a", "peak", func(r report.Report) *estimate.Estimate { return exactly(r.Queue.Peak) }},
		{"limit", "capacity", func(r report.Report) *estimate.Estimate { return exactly(r.Queue.Capacity) }},
	}},
	{title: "Export duration", format: milliseconds, lines: []lineOf{
		{"a", "p50", func(r report.Report) *estimate.Estimate { return reading(r.Export.DurationMS.P50) }},
		{"b", "p99", func(r report.Report) *estimate.Estimate { return reading(r.Export.DurationMS.P99) }},
	}},
	{title: "Exports per second", format: significant, lines: []lineOf{
		{"a", "finished", func(r report.Report) *estimate.Estimate { return exportsASecond(r, r.Export.Calls()) }},
		{"bad", "failed", func(r report.Report) *estimate.Estimate { return exportsASecond(r, estimate.Counted(r.Export.Failed)) }},
	}},
	{title: "Resident memory", format: memory, lines: []lineOf{
		{"a", "resident", func(r report.Report) *estimate.Estimate { return resident(r) }},
	}},
}

func eachSecond(e *estimate.Estimate, r report.Report) *estimate.Estimate {
	if r.Window.Seconds <= 0 {
		return nil
	}
	return scaled(e, 1/r.Window.Seconds)
}

func exportsASecond(r report.Report, n *estimate.Estimate) *estimate.Estimate {
	if !r.Known("export.operations") {
		return nil
	}
	return eachSecond(n, r)
}

func exactly(n *uint64) *estimate.Estimate {
	if n == nil {
		return nil
	}
	return estimate.Counted(*n)
}

// reading is a figure without an interval.
func reading(v *float64) *estimate.Estimate {
	if v == nil {
		return nil
	}
	return &estimate.Estimate{Value: *v, Low: *v, High: *v, Exact: true}
}

func resident(r report.Report) *estimate.Estimate {
	if !r.Known("memory.rss_bytes") || r.Memory.RSSBytes == 0 {
		return nil
	}
	return estimate.Counted(r.Memory.RSSBytes)
}

func capacityOf(r report.Report) float64 {
	if r.Queue.Capacity == nil {
		return 0
	}
	return float64(*r.Queue.Capacity)
}

// charts returns the charts that have a line with two known points.
func charts(c report.Timeline) (drawn []chart) {
	for _, of := range chartsOf {
		stretches := c.Stretches
		if of.sampled {
			stretches = c.Sampled
		}
		if len(stretches) < 2 {
			continue
		}
		if drawing, any := of.draw(c.Total, stretches); any {
			drawn = append(drawn, drawing)
		}
	}
	return drawn
}

// draw returns the chart, and whether any of its lines has two known points.
func (of chartOf) draw(total report.Report, stretches []report.Report) (chart, bool) {
	begin, axis := stretches[0].Window, axisOf(stretches)
	end := begin.Start.Add(asDuration(axis.seconds))
	top := of.topOf(total, stretches)
	c := chart{
		Title: of.title, Top: of.format(top),
		Begin: begin.Start.UTC().Format(time.TimeOnly), End: end.UTC().Format(time.TimeOnly) + " UTC",
	}
	known := false
	for _, line := range of.lines {
		drawn, value, any := line.draw(stretches, axis, top, of.format)
		known = known || any
		if any {
			c.Lines = append(c.Lines, drawn)
			c.Description += fmt.Sprintf("%s: %s. ", line.name, value)
		}
	}
	for i, r := range stretches {
		x, width := axis.of(i)
		c.Steps = append(c.Steps, chartStep{x, width, of.words(r)})
	}
	return c, known
}

// topOf returns the value of the upper edge: a round number that no line exceeds.
func (of chartOf) topOf(total report.Report, stretches []report.Report) float64 {
	var most float64
	if of.top != nil {
		most = of.top(total)
	}
	for _, r := range stretches {
		for _, line := range of.lines {
			if e := line.of(r); e != nil {
				most = max(most, e.Value)
			}
		}
	}
	return roundUp(most)
}

// words spells out the figures of a stretch.
func (of chartOf) words(r report.Report) string {
	said := []string{r.Window.Start.UTC().Format(time.TimeOnly) + " UTC, " + elapsed(r.Window.Seconds)}
	for _, line := range of.lines {
		said = append(said, line.name+" "+spelled(line.of(r), of.format))
	}
	return strings.Join(said, "\n")
}

// spelled renders a figure with its interval.
func spelled(e *estimate.Estimate, format func(float64) string) string {
	return withInterval(e, format, "")
}

// draw returns the line, its summary in words, and whether it has two known points.
func (line lineOf) draw(stretches []report.Report, axis timeAxis, top float64, format func(float64) string) (drawn chartLine, words string, any bool) {
	var path, band pen
	var last, most *estimate.Estimate
	points := 0
	for i, r := range stretches {
		e := line.of(r)
		if e == nil {
			path.lift()
			band.lift()
			continue
		}
		if last = e; most == nil || e.Value > most.Value {
			most = e
		}
		points++
		x, width := axis.of(i)
		middle := x + width/2
		path.to(middle, height(e.Value, top))
		if !e.Exact {
			band.to(middle, height(e.High, top))
			band.back(middle, height(e.Low, top))
		}
	}
	if points < 2 {
		return chartLine{}, "", false
	}
	words = "at the end " + spelled(last, format) + ", maximum " + spelled(most, format)
	return chartLine{Class: line.class, Name: line.name, Value: format(last.Value), Path: path.path(), Band: band.area()}, words, true
}

// timeAxis spans the chart's width. A stretch begins where the one before it ends: the
// starts are not used, since the wall clock may have been changed.
type timeAxis struct {
	ends    []float64 // of the stretches, in seconds since the start
	seconds float64
}

func axisOf(stretches []report.Report) timeAxis {
	var a timeAxis
	for _, r := range stretches {
		a.seconds += r.Window.Seconds
		a.ends = append(a.ends, a.seconds)
	}
	return a
}

// of returns the position of the i-th stretch.
func (a timeAxis) of(i int) (x, width float64) {
	scale := chartWidth / max(a.seconds, 1e-9)
	begin := 0.0
	if i > 0 {
		begin = a.ends[i-1]
	}
	return begin * scale, (a.ends[i] - begin) * scale
}

// height is the distance of a value from the upper edge.
func height(v, top float64) float64 {
	return chartHeight * (1 - min(max(v/top, 0), 1))
}

// roundUp returns the least of 1, 2 and 5 times a power of ten that is not below v.
func roundUp(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 5} {
		if v <= step*power*(1+1e-9) {
			return step * power
		}
	}
	return 10 * power
}

func asDuration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
