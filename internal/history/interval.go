package history

import (
	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Interval is a Snapshot with counts of its samples in place of the stacks. A Report needs
// nothing else, and the counts are bounded even if a program makes new stacks all the time.
type Interval struct {
	snapshot.Snapshot // without stacks
	Counts            classify.Counts
	size              int // about how many bytes it takes; 0 of merged ones, which nothing measures
}

// count counts the samples of a Snapshot, without changing it.
func count(s snapshot.Snapshot) Interval {
	counts := classify.Count(s.Samples.Stacks)
	counts.Trim(classify.IntervalLineBytes)
	s.Samples.Stacks = nil
	return Interval{s, counts, s.Size() + counts.Size()}
}

// Report is of this interval alone.
func (i Interval) Report() report.Report { return analyzer.AnalyzeCounted(i.Snapshot, i.Counts) }

// Merged is one interval for several consecutive ones.
func Merged(parts ...Interval) Interval {
	var sum total
	for _, part := range parts {
		sum.add(part)
	}
	return sum.interval()
}
