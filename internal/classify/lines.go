package classify

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// IntervalLineBytes and TotalLineBytes bound the lines that are kept: some 250 in one
	// interval, and 8,000 in total. A report lists fewer.
	IntervalLineBytes, TotalLineBytes = 32 << 10, 1 << 20
	// lineBytes is what one takes without its names.
	lineBytes = 128
)

// Trim drops the lines with the fewest samples if all together take more than a limit in
// bytes, down to half of it. Their samples stay in Stages.
func (c *Counts) Trim(limit int) {
	size := c.Size()
	if size <= limit {
		return
	}
	kept := make([]Line, 0, len(c.Lines))
	for at := range c.Lines {
		kept = append(kept, at)
	}
	slices.SortFunc(kept, func(a, b Line) int { return cmp.Or(cmp.Compare(c.Lines[b], c.Lines[a]), a.compare(b)) })
	c.LinesDropped = true
	for size > limit/2 {
		last := kept[len(kept)-1]
		kept = kept[:len(kept)-1]
		size -= last.size()
		delete(c.Lines, last)
	}
}

// Size is about how many bytes the lines take: everything else is bounded.
func (c Counts) Size() (bytes int) {
	for at := range c.Lines {
		bytes += at.size()
	}
	return bytes
}

func (l Line) size() int { return lineBytes + len(l.Frame.Function) + len(l.Frame.File) }

func (l Line) compare(other Line) int {
	return cmp.Or(cmp.Compare(l.Frame.Function, other.Frame.Function), cmp.Compare(l.Frame.File, other.Frame.File),
		cmp.Compare(l.Frame.Line, other.Frame.Line), cmp.Compare(l.Stage, other.Stage))
}

// Line is a line of the application, with a stage of the tracing that it calls.
type Line struct {
	Frame snapshot.Frame
	Stage string
}
