package history

import "github.com/otwatch/otwatch/internal/report"

const (
	// leastStretches is how many stretches a chart shows at least. At twice as many, neighbours
	// are merged.
	leastStretches = 60
	// shareSamples is how many CPU samples a share needs: with that many, the interval of 8 %
	// is ± 2.7 points.
	shareSamples = 400
)

// timeline is a target's intervals in order, merged into as many stretches as a chart can
// show, however long the target is watched.
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

// reports are those of the stretches and, for shares of the CPU, those of neighbouring
// stretches merged until they have enough samples.
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
