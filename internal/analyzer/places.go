package analyzer

import (
	"cmp"
	"slices"
)

const (
	// intervalPlaces and totalPlaces bound the lines of the application that a census
	// keeps, in bytes: some 250 in one interval, and 8,000 in all. A report names maxSites.
	intervalPlaces, totalPlaces = 32 << 10, 1 << 20
	// placeBytes is what one takes beside its names.
	placeBytes = 128
)

// trim forgets the lines with the fewest samples once all together take more than
// a limit in bytes, down to half of it. Their samples stay in the stages.
func (c *census) trim(limit int) {
	size := c.size()
	if size <= limit {
		return
	}
	kept := make([]place, 0, len(c.places))
	for at := range c.places {
		kept = append(kept, at)
	}
	slices.SortFunc(kept, func(a, b place) int { return cmp.Or(cmp.Compare(c.places[b], c.places[a]), a.compare(b)) })
	c.trimmed = true
	for size > limit/2 {
		last := kept[len(kept)-1]
		kept = kept[:len(kept)-1]
		size -= last.size()
		delete(c.places, last)
	}
}

// size is about how many bytes the lines take: all else in a census is bounded.
func (c census) size() (bytes int) {
	for at := range c.places {
		bytes += at.size()
	}
	return bytes
}

func (p place) size() int { return placeBytes + len(p.line.Function) + len(p.line.File) }

func (p place) compare(other place) int {
	return cmp.Or(cmp.Compare(p.line.Function, other.line.Function), cmp.Compare(p.line.File, other.line.File),
		cmp.Compare(p.line.Line, other.line.Line), cmp.Compare(p.stage, other.stage))
}
