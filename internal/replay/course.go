package replay

import (
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// leastStretches is from how many on neighbours are merged, at twice the
	// number: what a chart can show.
	leastStretches = 60
	// shareSamples is how many CPU samples a share over time is made of: one of 8
	// % then has an interval of ± 2.7 points.
	shareSamples = 400
)

// course is a target's Snapshots in order, merged into so many stretches of time
// as a chart can show, however long the recording is.
type course struct {
	stretches []history.Interval
	each      int // Snapshots in a stretch
	added     int
}

func (c *course) add(s history.Interval) {
	if c.each == 0 {
		c.each = 1
	}
	if c.added%c.each == 0 {
		c.stretches = append(c.stretches, s)
	} else {
		last := len(c.stretches) - 1
		c.stretches[last] = c.stretches[last].Merge(s)
	}
	c.added++
	if len(c.stretches) == 2*leastStretches && c.added%c.each == 0 {
		c.halve()
	}
}

// halve merges every two stretches.
func (c *course) halve() {
	for i := range leastStretches {
		c.stretches[i] = c.stretches[2*i].Merge(c.stretches[2*i+1])
	}
	c.stretches = c.stretches[:leastStretches]
	c.each *= 2
}

// reports judges each stretch, and, for what is sampled, as many together as it
// takes.
func (c *course) reports() report.Timeline {
	var r report.Timeline
	var sampled []history.Interval
	var samples uint64
	for _, s := range c.stretches {
		r.Stretches = append(r.Stretches, s.Report())
		sampled = append(sampled, s)
		if samples += s.Samples(); samples >= shareSamples {
			r.Sampled = append(r.Sampled, history.Report(sampled))
			sampled, samples = nil, 0
		}
	}
	return r
}

// courses are those of several targets, in the order in which they were first
// seen, as the Monitor's are.
type courses []*targetCourse

type targetCourse struct {
	target snapshot.Target
	course
}

func (c *courses) add(s snapshot.Snapshot) {
	counted := history.NewInterval(s)
	for _, known := range *c {
		if known.target.PID == s.Target.PID && known.target.StartTicks == s.Target.StartTicks {
			known.add(counted)
			return
		}
	}
	first := &targetCourse{target: s.Target}
	first.add(counted)
	*c = append(*c, first)
}

// of adds the reports of the whole time.
func (c courses) of(totals []report.Report) []report.Timeline {
	var all []report.Timeline
	for i, known := range c {
		course := known.reports()
		course.Total = totals[i]
		all = append(all, course)
	}
	return all
}
