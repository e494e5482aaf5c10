package history

import (
	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Counted is a Snapshot whose samples have been counted by what their stacks say.
// The counts stand in place of the stacks: they are all that a Report needs, and a
// program whose every stack is another does not make them grow.
type Interval struct {
	snapshot.Snapshot // without stacks
	Counts            classify.Counts
}

// Count counts the samples of a Snapshot, which is not modified.
func NewInterval(s snapshot.Snapshot) Interval {
	counted := classify.Count(s.Samples.Stacks)
	counted.Trim(classify.IntervalLineBytes)
	s.Samples.Stacks = nil
	return Interval{s, counted}
}

// Merge is Counted of two intervals of one target, next following c without a gap.
func (c Interval) Merge(next Interval) Interval {
	return merged([]Interval{c, next})
}

// Samples is how many samples were counted.
func (c Interval) Samples() uint64 { return c.Counts.Samples }

// Size is about how many bytes it takes, with the counts.
func (c Interval) Size() int { return c.Snapshot.Size() + c.Counts.Size() }

// Report judges it as Analyze does the Snapshot.
func (c Interval) Report() report.Report { return analyzer.AnalyzeCounted(c.Snapshot, c.Counts) }

// AnalyzeAll judges intervals of one target that follow each other as one.
func Report(parts []Interval) report.Report { return merged(parts).Report() }

func merged(parts []Interval) Interval {
	var total Total
	for _, part := range parts {
		total.Add(part)
	}
	return Interval{total.seen.Snapshot(), total.census}
}

// Total adds up the intervals of one target, which follow each other without a gap.
// What it takes is bounded, however long that goes on. The zero value is empty.
type Total struct {
	seen   snapshot.Total
	census classify.Counts
}

// Add enters the next interval, which is not modified.
func (t *Total) Add(next Interval) {
	t.seen.Add(next.Snapshot)
	t.census.Add(next.Counts)
	t.census.Trim(classify.TotalLineBytes)
}

// Snapshot is the whole without its stacks, which the next Add changes.
func (t *Total) Snapshot() snapshot.Snapshot { return t.seen.Snapshot() }

// Report judges the whole.
func (t *Total) Report() report.Report { return analyzer.AnalyzeCounted(t.seen.Snapshot(), t.census) }
