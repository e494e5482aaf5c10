package history

import (
	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Interval is a Snapshot whose samples have been counted by what their stacks say. The
// counts stand in place of the stacks: they are all that a Report needs, and a program
// whose every stack is another does not make them grow.
type Interval struct {
	snapshot.Snapshot // without stacks
	Counts            classify.Counts
	size              int // about how many bytes it takes
}

// count counts the samples of a Snapshot, which is not modified.
func count(s snapshot.Snapshot) Interval {
	counts := classify.Count(s.Samples.Stacks)
	counts.Trim(classify.IntervalLineBytes)
	s.Samples.Stacks = nil
	return Interval{s, counts, s.Size() + counts.Size()}
}

// Report is of this interval alone.
func (i Interval) Report() report.Report { return analyzer.AnalyzeCounted(i.Snapshot, i.Counts) }

// Merged is one interval for several of one target that follow each other.
func Merged(parts ...Interval) Interval {
	var sum total
	for _, part := range parts {
		sum.add(part)
	}
	return sum.interval()
}
