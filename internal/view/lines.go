package view

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// column is one key=value of a line. The name has the unit. An unknown value is "-"; a
// value that is not exact begins with "~" or ">=".
type column struct {
	name  string
	value func(f frame) string
}

// columns are in this order in every line. Rates and latencies are recent; all other
// counts start at attach.
var columns = []column{
	{"time", func(f frame) string { return endOf(f.Total.Window).UTC().Format(time.RFC3339) }},
	{"pid", func(f frame) string { return strconv.Itoa(f.Total.Target.PID) }},
	{"service", func(f frame) string { return word(serviceName(f.Total.Target)) }},
	{"state", func(f frame) string { return word(orElse(f.State, "running")) }},
	{"started/s", func(f frame) string { return rawRate(f.Recent.Spans.Started, f.Recent) }},
	{"ended/s", func(f frame) string { return rawRate(f.Recent.Spans.Ended, f.Recent) }},
	{"exported/s", func(f frame) string { return rawRate(f.Recent.Spans.Exported, f.Recent) }},
	{"failed", func(f frame) string { return raw(f.Total.Spans.Failed) }},
	{"dropped", func(f frame) string { return raw(f.Total.Spans.Dropped) }},
	{"live", func(f frame) string { return raw(f.Total.Spans.Live) }},
	{"queue", func(f frame) string { return rawCount(f.Total.Queue.Size) }},
	{"queue_capacity", func(f frame) string { return rawCount(f.Total.Queue.Capacity) }},
	{"queue_peak", func(f frame) string { return rawCount(f.Total.Queue.Peak) }},
	{"exports/s", func(f frame) string {
		if !f.Recent.Known("export.operations") {
			return "-"
		}
		return rawRate(f.Recent.Export.Calls(), f.Recent)
	}},
	{"exports_failed", func(f frame) string { return rawKnown(float64(f.Total.Export.Failed), f.Total, "export.failed") }},
	{"batch_mean", func(f frame) string { return rawValue(f.Recent.Export.Batch.Mean) }},
	{"p50_ms", func(f frame) string { return rawValue(f.Recent.Export.DurationMS.P50) }},
	{"p90_ms", func(f frame) string { return rawValue(f.Recent.Export.DurationMS.P90) }},
	{"p99_ms", func(f frame) string { return rawValue(f.Recent.Export.DurationMS.P99) }},
	{"max_ms", func(f frame) string { return rawValue(f.Recent.Export.DurationMS.Max) }},
	{"tracing_share", func(f frame) string { return raw(f.Total.CPU.Tracing.Share) }},
	{"cpu_cores", func(f frame) string {
		return rawPerSecond(f.Recent.CPU.ProcessSeconds, f.Recent, "cpu.process_seconds")
	}},
	{"rss_mb", func(f frame) string {
		return rawKnown(float64(f.Total.Memory.RSSBytes)/1e6, f.Total, "memory.rss_bytes")
	}},
	{"added_cores", func(f frame) string {
		return rawPerSecond(f.Recent.Probe.TargetCPUSeconds, f.Recent, "probe.target_cpu_seconds")
	}},
	{"lost", func(f frame) string { return rawKnown(float64(f.Total.Probe.Lost), f.Total, "probe.lost") }},
}

// Lines writes one line for each frame: for a pipe, a file, or CI.
//
//	time=2026-11-24T12:03:41Z pid=4711 service=checkout state=running started/s=41210 …
func Lines(w io.Writer, frames []report.Frame) error {
	var b strings.Builder
	for _, f := range framesOf(frames) {
		for i, c := range columns {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(c.name + "=" + c.value(f))
		}
		b.WriteByte('\n')
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

func endOf(w report.Window) time.Time {
	return w.Start.Add(time.Duration(w.Seconds * float64(time.Second)))
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// word renders text as one field, quoted if it would otherwise not be read as one.
// Quoting escapes control characters and everything that does not print.
func word(text string) string {
	unsafe := func(r rune) bool {
		return r == '"' || r == '=' || r == '\\' || r == unicode.ReplacementChar || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}
	if text == none {
		return "-"
	}
	if strings.ContainsFunc(text, unsafe) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// rawNumber renders v without separators: as a whole number from 1000, and with four
// significant digits below: 41210, 82.4, 0.0061.
func rawNumber(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.ContainsRune(s, 'e') {
		return strconv.FormatFloat(v, 'f', 6, 64)
	}
	return s
}

var rawMarks = map[string]string{"≈": "~", "≥": ">=", "≤": "<="}

func raw(e *estimate.Estimate) string {
	if e == nil {
		return "-"
	}
	return rawMarks[mark(e)] + rawNumber(e.Value)
}

func rawRate(e *estimate.Estimate, r report.Report) string {
	if r.Window.Seconds <= 0 {
		return "-"
	}
	return raw(scaled(e, 1/r.Window.Seconds))
}

func rawCount(n *uint64) string {
	if n == nil {
		return "-"
	}
	return strconv.FormatUint(*n, 10)
}

func rawValue(v *float64) string {
	if v == nil {
		return "-"
	}
	return rawNumber(*v)
}

// rawKnown renders a figure whose type has no nil. It is unknown if Missing names its
// path.
func rawKnown(v float64, r report.Report, path string) string {
	if !r.Known(path) {
		return "-"
	}
	return rawNumber(v)
}

func rawPerSecond(v float64, r report.Report, path string) string {
	if r.Window.Seconds <= 0 {
		return "-"
	}
	return rawKnown(v/r.Window.Seconds, r, path)
}
