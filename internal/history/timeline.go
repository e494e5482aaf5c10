package history

import "github.com/otwatch/otwatch/internal/report"

const (
	// leastStretches is from how many on neighbours are merged, at twice the
	// number: what a chart can show.
	leastStretches = 60
	// shareSamples is how many CPU samples a share over time is made of: one of 8
	// % then has an interval of ± 2.7 points.
	shareSamples = 400
)

// timeline is a target's intervals in order, merged into so many stretches of time as a
// chart can show, however long the target is watched.
type timeline struct {
	stretches []Interval
	each      int // intervals in a stretch
	added     int
}

func (t *timeline) add(next Interval) {
	if t.each == 0 {
		t.each = 1
	}
	if t.added%t.each == 0 {
		t.stretches = append(t.stretches, next)
	} else {
		last := len(t.stretches) - 1
		t.stretches[last] = Merged(t.stretches[last], next)
	}
	t.added++
	if len(t.stretches) == 2*leastStretches && t.added%t.each == 0 {
		t.halve()
	}
}

// halve merges every two stretches.
func (t *timeline) halve() {
	for i := range leastStretches {
		t.stretches[i] = Merged(t.stretches[2*i], t.stretches[2*i+1])
	}
	t.stretches = t.stretches[:leastStretches]
	t.each *= 2
}

// reports are those of the stretches and, of what is sampled, those of as many stretches
// together as have enough samples.
func (t *timeline) reports() (stretches, sampled []report.Report) {
	var together []Interval
	var samples uint64
	for _, s := range t.stretches {
		stretches = append(stretches, s.Report())
		together = append(together, s)
		if samples += s.Counts.Samples; samples >= shareSamples {
			sampled = append(sampled, Merged(together...).Report())
			together, samples = nil, 0
		}
	}
	return stretches, sampled
}
