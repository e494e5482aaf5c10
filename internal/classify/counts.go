package classify

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// place is a line of the application, with the stage of the tracing below it.
type Line struct {
	Frame snapshot.Frame
	Stage string
}

// census counts the samples of one interval, or of several, by what their stacks
// say.
type Counts struct {
	Samples           uint64
	Classes           [Scheduler + 1]uint64
	Stages            ByName
	APIs              ByName          // of the stages' samples, those in the API itself
	Wakes             ByName          // of the stages' samples, those waking a thread
	Lines             map[Line]uint64 // of the stages' samples, those that the application has a line for
	LinesDropped      bool            // places are not all
	Constructors      ByName          // samples building what is needed once, by who does
	Woken             uint64          // samples of the application waking one
	Allocating        uint64          // samples allocating
	AllocatingTracing uint64          // of these, tracing's
	Exporting         uint64          // samples inside an exporter
	ExportingInline   uint64          // of these, those on the application's goroutines
	ReadingMetrics    uint64          // samples in which a metric reader collects and exports
}

func newCounts() Counts {
	return Counts{
		Stages: ByName{}, APIs: ByName{}, Wakes: ByName{},
		Lines: map[Line]uint64{}, Constructors: ByName{},
	}
}

func Count(stacks []snapshot.Stack) Counts {
	c := newCounts()
	for _, stack := range stacks {
		v := classified.of(stack)
		c.Samples += stack.Count
		c.Classes[v.class] += stack.Count
		if v.class == Tracing {
			c.Stages[v.stage] += stack.Count
			if v.site >= 0 && v.site < len(stack.Frames) { // two stacks may share an ID
				c.Lines[Line{*stack.Frames[v.site], v.stage}] += stack.Count
			}
		}
		if v.constructor != "" {
			c.Constructors[v.constructor] += stack.Count
		}
		if v.api {
			c.APIs[v.stage] += stack.Count
		}
		switch {
		case v.wakes && v.class == Tracing:
			c.Wakes[v.stage] += stack.Count
		case v.wakes && v.class == Application:
			c.Woken += stack.Count
		}
		if v.reads {
			c.ReadingMetrics += stack.Count
		}
		if v.exports {
			c.Exporting += stack.Count
		}
		if v.inline {
			c.ExportingInline += stack.Count
		}
		if v.malloc && (v.class == Tracing || v.class == Instrumentation || v.class == Application) {
			c.Allocating += stack.Count
			if v.class == Tracing {
				c.AllocatingTracing += stack.Count
			}
		}
	}
	return c
}

// add counts another interval's samples too.
func (c *Counts) Add(part Counts) {
	if c.Stages == nil {
		*c = newCounts()
	}
	c.Samples += part.Samples
	c.ReadingMetrics += part.ReadingMetrics
	c.Woken += part.Woken
	for class, n := range part.Classes {
		c.Classes[class] += n
	}
	c.Allocating += part.Allocating
	c.AllocatingTracing += part.AllocatingTracing
	c.Exporting += part.Exporting
	c.ExportingInline += part.ExportingInline
	addTo(c.Stages, part.Stages)
	addTo(c.APIs, part.APIs)
	addTo(c.Wakes, part.Wakes)
	addTo(c.Lines, part.Lines)
	addTo(c.Constructors, part.Constructors)
	c.LinesDropped = c.LinesDropped || part.LinesDropped
}

func addTo[M ~map[K]uint64, K comparable](whole, part M) {
	for key, n := range part {
		whole[key] += n
	}
}

// byName are counts by what they are of.
type ByName map[string]uint64

// total is all counts together.
func (counts ByName) Total() (all uint64) {
	for _, n := range counts {
		all += n
	}
	return all
}

// most is the key of the largest count, of several the first by name; "" of none.
func (counts ByName) Most() (key string) {
	for name, n := range counts {
		if n > counts[key] || n == counts[key] && name < key {
			key = name
		}
	}
	return key
}

func (c Counts) Share(n uint64) float64 { return estimate.Ratio(n, c.Samples) }
