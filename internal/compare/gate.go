package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// Verdicts of a Gate.
const (
	Pass    = "pass"
	Fail    = "fail"
	Unknown = "unknown" // a figure is missing
)

// Verdict is what a Gate says of one target.
type Verdict struct {
	// The gate, as in --fail-on.
	Gate string `json:"gate"`
	// pass, fail, or unknown if a figure is missing.
	Verdict string `json:"verdict"`
	// What the verdict is based on, in one sentence.
	Evidence string `json:"evidence"`
}

// Gate is a condition under which a comparison fails.
type Gate struct {
	text  string
	judge func(before, after report.Report) (verdict, evidence string)
}

// ParseGate reads a condition: lost, or increase=FIGURE or decrease=FIGURE with a limit
// after a colon, which is relative (10%) or in the figure's unit (1pt, 200us, 5ms, 10MB).
func ParseGate(text string) (Gate, error) {
	if text == "lost" {
		return Gate{text, judgeLost}, nil
	}
	way, condition, _ := strings.Cut(text, "=")
	sign := map[string]float64{"increase": 1, "decrease": -1}[way]
	if sign == 0 {
		return Gate{}, fmt.Errorf("%q: must be lost, increase=FIGURE:LIMIT or decrease=FIGURE:LIMIT, such as increase=cpu.tracing.share:1pt", text)
	}
	name, limit, limited := strings.Cut(condition, ":")
	i := slices.IndexFunc(figures, func(f figureRow) bool { return f.name == name })
	if i < 0 {
		return Gate{}, fmt.Errorf("%q: there is no figure %q; the figures are %s", text, name, strings.Join(gated(), ", "))
	}
	if slices.Contains(readings, name) {
		return Gate{}, fmt.Errorf("%q: %s has no interval, so a change of it is never certain; the figures that have one are %s", text, name, strings.Join(gated(), ", "))
	}
	var b bound
	if limited {
		var err error
		if b, err = parseBound(limit, figures[i].unit); err != nil {
			return Gate{}, fmt.Errorf("%q: limit %w", text, err)
		}
	}
	return Gate{text, func(before, after report.Report) (string, string) {
		return judgeChange(figures[i], sign, b, before, after)
	}}, nil
}

// gated are the names of the figures that a gate may have.
func gated() (names []string) {
	for _, f := range figures {
		if !slices.Contains(readings, f.name) {
			names = append(names, f.name)
		}
	}
	return names
}

// bound is how far a figure may change: in its unit, or as a part of the figure before.
type bound struct{ absolute, relative float64 }

// unitsOfBounds says how a limit is written in each unit, and reads it.
var unitsOfBounds = map[string]struct {
	example string
	read    func(string) (float64, error)
}{
	"share":      {"1pt", func(s string) (float64, error) { v, err := suffixed(s, "pt"); return v / 100, err }},
	"cores":      {"0.1cores", func(s string) (float64, error) { return suffixed(s, "cores") }},
	"per_second": {"100/s", func(s string) (float64, error) { return suffixed(s, "/s") }},
	"us": {"200us", func(s string) (float64, error) {
		d, err := time.ParseDuration(s)
		return float64(d) / float64(time.Microsecond), err
	}},
	"ms": {"5ms", func(s string) (float64, error) {
		d, err := time.ParseDuration(s)
		return float64(d) / float64(time.Millisecond), err
	}},
	"spans": {"10", func(s string) (float64, error) { return suffixed(s, "") }},
	"bytes": {"10MB", func(s string) (float64, error) { n, err := humanize.ParseBytes(s); return float64(n), err }},
}

func parseBound(text, unit string) (bound, error) {
	if percent, err := suffixed(text, "%"); err == nil && percent >= 0 {
		return bound{relative: percent / 100}, nil
	}
	in := unitsOfBounds[unit]
	if v, err := in.read(text); err == nil && v >= 0 && number(v) {
		return bound{absolute: v}, nil
	}
	return bound{}, fmt.Errorf("%q: must be relative, such as 10%%, or absolute, such as %s", text, in.example)
}

func suffixed(text, suffix string) (float64, error) {
	digits, ok := strings.CutSuffix(text, suffix)
	if !ok {
		return 0, strconv.ErrSyntax
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err == nil && !number(v) {
		err = strconv.ErrRange
	}
	return v, err
}

// judgeChange fails if the interval of the change excludes everything up to the bound.
func judgeChange(row figureRow, sign float64, most bound, r1, r2 report.Report) (verdict, evidence string) {
	before, after := row.of(r1).finite(), row.of(r2).finite()
	if before == nil || before.Low == nil || after == nil || after.Low == nil {
		return Unknown, fmt.Sprintf("%s is not known %s", row.name, sideWithout(before))
	}
	relative := sign * most.relative
	if before.Value < 0 { // more is nearer to 0
		relative = -relative
	}
	beyond := difference(before.scaled(1+relative), after).scaled(sign)
	if least := *beyond.Low; least > most.absolute {
		return Fail, fmt.Sprintf("%s went from %s to %s", row.name, before.words(row.unit), after.words(row.unit))
	}
	return Pass, fmt.Sprintf("%s: %s before, %s after; a change beyond the limit is not certain", row.name, before.words(row.unit), after.words(row.unit))
}

func sideWithout(before *Figure) string {
	if before == nil || before.Low == nil {
		return "before"
	}
	return "after"
}

// scaled is f times a factor, which may be negative.
func (f *Figure) scaled(factor float64) *Figure {
	low, high := *f.Low*factor, *f.High*factor
	low, high = min(low, high), max(low, high)
	return &Figure{f.Value * factor, &low, &high}
}

// words has the figure and its interval.
func (f *Figure) words(unit string) string {
	format := func(v float64) string { return rounded(v) + " " + strings.TrimPrefix(unit, "per_") }
	switch unit {
	case "share":
		format = estimate.Percent
	case "bytes":
		format = func(v float64) string {
			if v < 0 {
				return "−" + humanize.Bytes(uint64(-v))
			}
			return humanize.Bytes(uint64(v))
		}
	case "per_second":
		format = func(v float64) string { return rounded(v) + "/s" }
	}
	if *f.Low == *f.High {
		return format(f.Value)
	}
	return fmt.Sprintf("%s (%s – %s)", format(f.Value), format(*f.Low), format(*f.High))
}

// rounded has three digits.
func rounded(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return humanize.Commaf(v)
}

// judgeLost fails if spans were lost after the change.
func judgeLost(_, after report.Report) (verdict, evidence string) {
	losses := after.Losses()
	if len(losses.Certain) > 0 {
		return Fail, strings.Join(losses.Certain, ", ")
	}
	if len(losses.Unknown) > 0 {
		return Unknown, strings.Join(losses.Unknown, ", ")
	}
	return Pass, "no span was lost"
}

// judgeAll are the verdicts on one target.
func judgeAll(gates []Gate, before, after report.Report) []Verdict {
	verdicts := []Verdict{}
	for _, g := range gates {
		verdict, evidence := g.judge(before, after)
		verdicts = append(verdicts, Verdict{g.text, verdict, evidence})
	}
	return verdicts
}
