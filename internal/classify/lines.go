package classify

import (
	"cmp"
	"slices"
)

const (
	// intervalPlaces and totalPlaces bound the lines of the application that a census
	// keeps, in bytes: some 250 in one interval, and 8,000 in all. A report names maxSites.
	IntervalLineBytes, TotalLineBytes = 32 << 10, 1 << 20
	// placeBytes is what one takes beside its names.
	lineBytes = 128
)

// trim forgets the lines with the fewest samples once all together take more than
// a limit in bytes, down to half of it. Their samples stay in the stages.
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

// size is about how many bytes the lines take: all else in a census is bounded.
func (c Counts) Size() (bytes int) {
	for at := range c.Lines {
		bytes += at.size()
	}
	return bytes
}

func (p Line) size() int { return lineBytes + len(p.Frame.Function) + len(p.Frame.File) }

func (p Line) compare(other Line) int {
	return cmp.Or(cmp.Compare(p.Frame.Function, other.Frame.Function), cmp.Compare(p.Frame.File, other.Frame.File),
		cmp.Compare(p.Frame.Line, other.Frame.Line), cmp.Compare(p.Stage, other.Stage))
}
