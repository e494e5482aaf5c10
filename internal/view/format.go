package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/estimate"
)

// none is shown in place of an unknown figure.
const none = "–"

// count renders a number of things: 41,210.
func count[N uint64 | int | float64](n N) string {
	return humanize.Comma(int64(math.Round(float64(n))))
}

// counted renders a number of things; nil is unknown.
func counted(n *uint64) string {
	if n == nil {
		return none
	}
	return count(*n)
}

// significant renders v with up to one decimal below ten, two below a tenth, and as a
// whole number above: 0.04, 0.4, 8.2, 41, 41,210.
func significant(v float64) string {
	switch abs := math.Abs(v); {
	case v == 0:
		return "0"
	case abs < 0.01:
		return "<0.01"
	case abs < 0.0995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case abs < 9.95:
		return oneDecimal(v)
	default:
		return count(v)
	}
}

// oneDecimal renders v with one decimal, which is left out if it is 0.
func oneDecimal(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// perSecond renders a rate: 41,210/s.
func perSecond(v float64) string { return significant(v) + "/s" }

// cores renders CPU seconds per second: 2.62 cores, and below a tenth 0.6 % of
// a core.
func cores(v float64) string {
	if v < 0.1 {
		return estimate.Percent(v) + " of a core"
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + " cores"
}

// coresOf renders a part of the CPU use of a process, in the unit of the whole: 0.21
// of 2.62 cores, and below a tenth 1.3 of 6.4 % of a core.
func coresOf(part, whole float64) string {
	switch {
	case whole < 0.1:
		return estimate.PercentDigits(part) + " of " + cores(whole)
	case part > 0 && part < 0.005:
		return "<0.01 of " + cores(whole)
	}
	return strconv.FormatFloat(part, 'f', 2, 64) + " of " + cores(whole)
}

// milliseconds renders a duration in a suitable unit: 820 µs, 8.2 ms, 1.9 s.
func milliseconds(ms float64) string {
	switch {
	case ms == 0:
		return "0 ms"
	case ms < 1:
		return microseconds(ms * 1000)
	case ms < 999.5:
		return significant(ms) + " ms"
	default:
		return significant(ms/1000) + " s"
	}
}

func microseconds(us float64) string { return significant(us) + " µs" }

// duration renders an estimate in microseconds, in the unit that suits its value: 450 µs
// (410–490), 499 ms (480–520). The suffix follows the value.
func duration(us *estimate.Estimate, suffix string) string {
	if us == nil {
		return none
	}
	for _, unit := range []struct {
		us   float64
		name string
	}{{1e6, " s"}, {1e3, " ms"}} {
		if us.Value >= 0.9995*unit.us {
			return withInterval(us.Times(1/unit.us), significant, unit.name+suffix)
		}
	}
	return withInterval(us, significant, " µs"+suffix)
}

// seconds renders CPU time: 250 ms, 8.7 s, 110 s.
func seconds(s float64) string { return milliseconds(s * 1000) }

// plural renders a number of things whose plural ends in s: 1 window, 2 windows.
func plural(n uint64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return count(n) + " " + thing
}

// elapsed renders the length of a window: 42 s, 3 min 05 s, 2 h 07 min.
func elapsed(seconds float64) string {
	switch s := int(math.Round(seconds)); {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	}
}

// memory renders bytes: 182 MB.
func memory(bytes float64) string { return humanize.Bytes(uint64(max(bytes, 0))) }

// scaled returns e times factor, or nil.
func scaled(e *estimate.Estimate, factor float64) *estimate.Estimate {
	if e == nil {
		return nil
	}
	return e.Times(factor)
}

// sum adds two counts; it is nil if one of them is.
func sum(a, b *estimate.Estimate) *estimate.Estimate {
	if a == nil || b == nil {
		return nil
	}
	return a.Plus(*b)
}

// mark returns "" if e is exact, "≥" or "≤" if its value is a bound, else "≈".
func mark(e *estimate.Estimate) string {
	switch {
	case e.Exact:
		return ""
	case e.Low == e.Value && e.High > e.Value:
		return "≥"
	case e.High == e.Value && e.Low < e.Value:
		return "≤"
	default:
		return "≈"
	}
}

// marked renders e in short: its value with its mark.
func marked(e *estimate.Estimate, format func(float64) string) string {
	if e == nil {
		return none
	}
	return mark(e) + format(e.Value)
}

// interval renders the bounds of e, or nothing if it is exact: 7.1–8.8.
func interval(e *estimate.Estimate, format func(float64) string) string {
	if e == nil || e.Exact {
		return ""
	}
	return format(e.Low) + "–" + format(e.High)
}

// withInterval renders e with its bounds, in one unit: 7.9 % (7.1–8.8). The suffix
// follows the value: 7.9 % of CPU (7.1–8.8).
func withInterval(e *estimate.Estimate, digits func(float64) string, suffix string) string {
	if e == nil {
		return none
	}
	if bounds := interval(e, digits); bounds != "" {
		suffix += " (" + bounds + ")"
	}
	return digits(e.Value) + suffix
}
