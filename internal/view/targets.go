package view

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// leftForTarget is the height that the list of targets must leave to the
// figures of the selected one.
const leftForTarget = 12

// targets draws one line for each frame, the selected one marked, and a blank
// line. It returns nothing for a single target or where s is not high enough.
func targets(frames []Frame, selected int, s Screen) []string {
	if len(frames) < 2 || s.Height > 0 && len(frames)+1+leftForTarget > s.Height {
		return nil
	}
	var lines []string
	for i, cells := range aligned(frames) {
		marker, st := "  ", plain
		if i == selected {
			marker, st = "▸ ", heading
		}
		lines = append(lines, s.paint(styled(marker+strings.TrimRight(strings.Join(cells, "  "), " "), st), max(s.Width, minWidth)))
	}
	return append(lines, "")
}

// aligned returns the cells of each frame, padded to the columns' widths.
func aligned(frames []Frame) [][]string {
	table := make([][]string, len(frames))
	widths := make([]int, len(Frame{}.cells()))
	for i, f := range frames {
		table[i] = f.cells()
		for c, cell := range table[i] {
			widths[c] = max(widths[c], ansi.StringWidth(cell))
		}
	}
	for _, cells := range table {
		for c := range cells {
			cells[c] = pad(cells[c], widths[c])
		}
	}
	return table
}

// cells are a target's line in the list.
func (f Frame) cells() []string {
	queue := none
	if u := f.Total.Queue.Utilization; u != nil {
		queue = percent(*u)
	}
	spans := f.Total.Spans
	return []string{
		cut(serviceName(f.Total.Target), 20),
		fmt.Sprintf("pid %d", f.Total.Target.PID),
		"ended " + rateOf(f.Recent.Spans.Ended, f.Recent),
		"queue " + queue,
		"lost " + marked(sum(spans.Failed, spans.Dropped), count),
		Sanitize(f.State),
	}
}
