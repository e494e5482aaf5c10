package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const podColumn = "POD"

// targetColumn is one column of the table of targets.
type targetColumn struct {
	name  string
	right bool // aligned, for numbers
	cell  func(f frame) string
}

var targetColumns = []targetColumn{
	{"SERVICE", false, func(f frame) string { return cut(serviceName(f.Total.Target), 24) }},
	{"PID", true, func(f frame) string { return fmt.Sprint(f.Total.Target.PID) }},
	{"TRACING", true, func(f frame) string {
		if used, ok := tracingCores(f); ok {
			return cores(used)
		}
		return none
	}},
	{"OF ITS CPU", true, func(f frame) string {
		if share := f.Total.CPU.Tracing.Share; share != nil {
			return estimate.Percent(share.Value)
		}
		return none
	}},
	{"ENDED", true, func(f frame) string { return rateOf(f.Recent.Spans.Ended, f.Recent) }},
	{"QUEUE", true, func(f frame) string {
		if u := f.Total.Queue.Utilization; u != nil {
			return estimate.Percent(*u)
		}
		return none
	}},
	{"LOST", true, func(f frame) string { return marked(sum(f.Total.Spans.Failed, f.Total.Spans.Dropped), count) }},
	{"FINDINGS", false, frame.worst},
	{podColumn, false, func(f frame) string { return cut(podOf(f.Total.Target), 48) }},
	{"", false, func(f frame) string { return Sanitize(f.State) }},
}

// worst names the most severe finding that holds, and says how many others do.
func (f frame) worst() string {
	holding := slices.DeleteFunc(bySeverity(f.Total.Findings), func(finding report.Finding) bool { return !finding.Holds() })
	if len(holding) == 0 {
		return ""
	}
	if others := len(holding) - 1; others > 0 {
		return fmt.Sprintf("%s +%d", Sanitize(holding[0].ID), others)
	}
	return Sanitize(holding[0].ID)
}

// tracingCores returns the cost of tracing since attach, in cores.
func tracingCores(f frame) (float64, bool) {
	used := f.Total.CPU.Tracing.Seconds
	if used == nil || f.Total.Window.Seconds <= 0 {
		return 0, false
	}
	return used.Value / f.Total.Window.Seconds, true
}

// byCost sorts targets by the cost of tracing, the highest first. Targets whose cost is
// not known follow, then those that have ended.
func byCost(latest []report.Frame) []frame {
	rank := func(f frame) float64 {
		used, ok := tracingCores(f)
		switch {
		case f.Ended:
			return -2
		case !ok:
			return -1
		}
		return used
	}
	frames := framesOf(latest)
	slices.SortStableFunc(frames, func(x, y frame) int {
		return cmp.Or(cmp.Compare(rank(y), rank(x)), cmp.Compare(x.Total.Target.PID, y.Total.Target.PID))
	})
	return frames
}

// targetTable draws the names of the columns and one line for each frame. The selected
// one is marked; -1 is none. If the height is too low for all, it draws those around
// the selected one.
func targetTable(frames []frame, selected int, s Screen, height int) []string {
	rows := aligned(frames)
	width := cmp.Or(s.Width, minWidth)
	lines := []string{s.paint(styled("  "+rows[0], quiet), width)}
	first := 0
	if height > 0 {
		shown := max(height-1, 1)
		first = max(0, min(selected-shown/2, len(frames)-shown))
		frames = frames[first:min(first+shown, len(frames))]
	}
	for i := range frames {
		marker, st := "  ", plain
		if first+i == selected {
			marker, st = "▸ ", heading
		}
		lines = append(lines, s.paint(styled(marker+rows[1+first+i], st), width))
	}
	return lines
}

// aligned returns the columns' names, and the cells of each frame, padded to the
// columns' widths. The column of pods is absent if none is known.
func aligned(frames []frame) []string {
	rows := make([]string, 1+len(frames))
	for _, column := range targetColumns {
		cells := []string{column.name}
		widest, filled := widthOf(column.name), false
		for _, f := range frames {
			cell := column.cell(f)
			cells = append(cells, cell)
			widest, filled = max(widest, widthOf(cell)), filled || cell != ""
		}
		if column.name == podColumn && !filled {
			continue
		}
		fill := pad
		if column.right {
			fill = padLeft
		}
		for i, cell := range cells {
			rows[i] += fill(cell, widest) + "  "
		}
	}
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return rows
}

// costOfAll is what tracing costs all running targets together, in cores, and what the
// processes use of which that is known. longest is the time in seconds since the first was
// attached.
func costOfAll(frames []frame) (running int, longest, tracing, all float64) {
	for _, f := range frames {
		if f.Ended {
			continue
		}
		running++
		longest = max(longest, f.Total.Window.Seconds)
		used, ok := tracingCores(f)
		if ok && f.Total.Known("cpu.process_seconds") {
			tracing, all = tracing+used, all+f.Total.CPU.ProcessSeconds/f.Total.Window.Seconds
		}
	}
	return running, longest, tracing, all
}

// watchingOfAll is what watching adds to all running targets together, in cores, the
// records that were lost, and a Report of what otwatch uses.
func watchingOfAll(frames []frame) (adds float64, lost uint64, newest report.Report) {
	for _, f := range frames {
		lost += f.Total.Probe.Lost
		if !f.Ended && f.Recent.Window.Seconds > 0 {
			adds += f.Recent.Probe.TargetCPUSeconds / f.Recent.Window.Seconds
			newest = f.Recent
		}
	}
	return adds, lost, newest
}

// hostHeader shows the cost of tracing for all targets together.
func hostHeader(frames []frame, aside string) row {
	running, longest, tracing, all := costOfAll(frames)
	parts := []part{text(plural(uint64(running), "target") + " watched")}
	if all > 0 {
		parts = append(parts, text("tracing takes ≈"+coresOf(tracing, all)))
	}
	return row{label: "otwatch", style: heading, parts: parts, top: aside + elapsed(longest)}
}

// hostFooter shows the cost of watching for all targets together.
func hostFooter(frames []frame, keys string) row {
	adds, lost, newest := watchingOfAll(frames)
	parts := []part{text("adds " + estimate.Percent(adds) + " of a core to all"), text("uses " + itself(newest)), losses(report.Probe{Lost: lost})}
	return row{label: "OTWATCH", style: heading, parts: parts, right: keys}
}

// Targets writes the table of targets, those with the highest cost of tracing first.
func Targets(w io.Writer, frames []report.Frame, s Screen) error {
	lines := targetTable(byCost(frames), -1, s, 0)
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}
