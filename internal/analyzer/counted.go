package analyzer

import (
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Counted is a Snapshot whose samples have been counted by what their stacks say.
// The counts stand in place of the stacks: they are all that a Report needs, and a
// program whose every stack is another does not make them grow.
type Counted struct {
	snapshot.Snapshot // without stacks
	census            census
}

// Count counts the samples of a Snapshot, which is not modified.
func Count(s snapshot.Snapshot) Counted {
	counted := takeCensus(s.Samples.Stacks)
	counted.trim(intervalPlaces)
	s.Samples.Stacks = nil
	return Counted{s, counted}
}

// Merge is Counted of two intervals of one target, next following c without a gap.
func (c Counted) Merge(next Counted) Counted {
	return merged([]Counted{c, next})
}

// Samples is how many samples were counted.
func (c Counted) Samples() uint64 { return c.census.kept }

// Size is about how many bytes it takes, with the counts.
func (c Counted) Size() int { return c.Snapshot.Size() + c.census.size() }

// Report judges it as Analyze does the Snapshot.
func (c Counted) Report() report.Report { return analyze(c.Snapshot, c.census) }

// AnalyzeAll judges intervals of one target that follow each other as one.
func AnalyzeAll(parts []Counted) report.Report { return merged(parts).Report() }

func merged(parts []Counted) Counted {
	var total Total
	for _, part := range parts {
		total.Add(part)
	}
	return Counted{total.seen.Snapshot(), total.census}
}

// Total adds up the intervals of one target, which follow each other without a gap.
// What it takes is bounded, however long that goes on. The zero value is empty.
type Total struct {
	seen   snapshot.Total
	census census
}

// Add enters the next interval, which is not modified.
func (t *Total) Add(next Counted) {
	t.seen.Add(next.Snapshot)
	if t.census.stages == nil {
		t.census = newCensus()
	}
	t.census.add(next.census)
	t.census.trim(totalPlaces)
}

// Snapshot is the whole without its stacks, which the next Add changes.
func (t *Total) Snapshot() snapshot.Snapshot { return t.seen.Snapshot() }

// Report judges the whole.
func (t *Total) Report() report.Report { return analyze(t.seen.Snapshot(), t.census) }
