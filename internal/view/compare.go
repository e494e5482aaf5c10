package view

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/estimate"
)

// units has the format of each unit of a comparison.
var units = map[string]func(float64) string{
	"share": estimate.Percent, "cores": cores, "us": microseconds, "per_second": perSecond, "ms": milliseconds, "spans": significant, "bytes": memory,
}

// Compare writes what changed between two files, as text.
func Compare(w io.Writer, d compare.Document, s Screen) error {
	s.Width = min(s.Width, widestSummary)
	s = s.colourless()
	var b strings.Builder
	for _, warned := range d.Warnings {
		b.WriteString(s.paint(styled("WARNING", warning), s.Width) + "  " + s.clean(warned) + "\n")
	}
	for i, c := range d.Targets {
		if i > 0 || len(d.Warnings) > 0 {
			b.WriteString("\n")
		}
		s.comparison(&b, c)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

func (s Screen) comparison(b *strings.Builder, c compare.Comparison) {
	b.WriteString(s.side("before", c.Before) + s.side("after", c.After) + "\n")
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	s.line(t, "FIGURE", "BEFORE", "AFTER", "CHANGE")
	for _, f := range c.Figures {
		if f.Before != nil || f.After != nil {
			s.line(t, f.Figure, figure(f.Before, f.Unit), figure(f.After, f.Unit), changed(f))
		}
	}
	_ = t.Flush() // a Builder never fails
	b.WriteString("\n" + s.clean("~ no significant change: the interval of the difference contains 0, or a figure has no interval") + "\n")
	s.found(b, "cleared", c.Cleared)
	s.found(b, "appeared", c.Appeared)
	s.found(b, "still there", c.Remaining)
	s.expected(b, c.Expectations)
	s.gates(b, c.Gates)
}

func (s Screen) side(label string, side compare.Side) string {
	return s.clean(fmt.Sprintf("%-7s %s · pid %d · sdk %s · %s", label, side.Target.ServiceName, side.Target.PID, side.Target.SDKVersion, elapsed(side.Window.Seconds))) + "\n"
}

// line writes a row of a table. Cleaned cells contain no tabs.
func (s Screen) line(t io.Writer, cells ...string) {
	for i := range cells {
		cells[i] = s.clean(cells[i])
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

func (s Screen) found(b *strings.Builder, what string, findings []compare.Finding) {
	if len(findings) == 0 {
		return
	}
	p := &page{screen: s}
	p.section("FINDINGS", text(what))
	for _, f := range findings {
		p.sentence(styled("  "+f.Severity, severityStyle(f.Severity)), f.ID+": "+f.Title, plain)
	}
	b.WriteString(p.String())
}

// outcomes has the label of each outcome of an expectation; those that need a look are
// highlighted.
var outcomes = map[string]part{
	compare.CameTrue: text("  came true"), compare.DidNot: styled("  did not", warning), compare.NotTried: styled("  not followed", quiet),
}

func (s Screen) expected(b *strings.Builder, expectations []compare.Expectation) {
	if len(expectations) == 0 {
		return
	}
	p := &page{screen: s}
	p.section("EXPECTED", text("effects of the advice, if followed"))
	for _, e := range expectations {
		unit := compare.Unit(e.Figure)
		label, known := outcomes[e.Outcome]
		if !known {
			label = text("  " + e.Outcome)
		}
		p.sentence(label, fmt.Sprintf("%s: %s → %s expected, %s now", e.Figure, figure(e.Before, unit), inUnit(unit, e.Expected), figure(e.After, unit)), plain)
		p.sentence(nil, e.Finding+": "+e.Advice, quiet)
	}
	b.WriteString(p.String())
}

// verdicts has the label of each verdict of a gate.
var verdicts = map[string]part{
	compare.Pass: text("  pass"), compare.Fail: styled("  fail", warning), compare.Unknown: styled("  unknown", quiet),
}

func (s Screen) gates(b *strings.Builder, gates []compare.Verdict) {
	if len(gates) == 0 {
		return
	}
	p := &page{screen: s}
	p.section("GATES", text("conditions of --fail-on"))
	for _, g := range gates {
		p.sentence(verdicts[g.Verdict], g.Gate+": "+g.Evidence, plain)
	}
	b.WriteString(p.String())
}

// figure renders a value with its interval: 7.9 % (7.1–8.8).
func figure(f *compare.Figure, unit string) string {
	if f == nil {
		return none
	}
	return inUnit(unit, f.Value) + inParentheses(f, "–", func(v float64) string { return inUnit(unit, v) })
}

// changed renders a claimed change with its interval: -6.5 points (-7.4 to
// -5.7).
func changed(c compare.Change) string {
	if !c.Claimed {
		return "~"
	}
	return signed(c.Unit, c.Difference.Value) + inParentheses(c.Difference, " to ", func(v float64) string { return signed(c.Unit, v) })
}

// inParentheses renders the interval of f, or nothing if f is exact. A unit that the
// value shares with both bounds is left out; 400 kB–2.1 MB keeps its units.
func inParentheses(f *compare.Figure, dash string, format func(float64) string) string {
	if f.Low == nil || *f.Low == *f.High {
		return ""
	}
	low, high := format(*f.Low), format(*f.High)
	unit := strings.TrimLeft(format(f.Value), "+-<>0123456789,.")
	bareLow, one := strings.CutSuffix(low, unit)
	bareHigh, two := strings.CutSuffix(high, unit)
	if one && two {
		low, high = bareLow, bareHigh
	}
	return " (" + low + dash + high + ")"
}

// signed renders a difference. The difference of two shares is in points, since a
// percentage could be read as relative.
func signed(unit string, v float64) string {
	sign := "+"
	if v < 0 {
		sign = "-"
	}
	if unit == "share" {
		return sign + estimate.PercentDigits(math.Abs(v)) + " points"
	}
	return sign + inUnit(unit, math.Abs(v))
}

// inUnit renders v, which may be negative, in one of units, or else as a number.
func inUnit(unit string, v float64) string {
	format, known := units[unit]
	if !known {
		format = significant
	}
	if v < 0 {
		return "-" + format(-v)
	}
	return format(v)
}
