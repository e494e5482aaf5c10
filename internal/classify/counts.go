package classify

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Counts are the samples of one interval, or of several, by the details of their stacks.
// The zero value is empty.
type Counts struct {
	Samples           uint64
	Classes           [Scheduler + 1]uint64
	Stages            ByName
	APIs              ByName          // of Stages, in the API itself
	Wakes             ByName          // of Stages, waking a thread
	Lines             map[Line]uint64 // of Stages, with a call site in the application
	LinesDropped      bool            // Lines are not all
	Constructors      ByName          // in a function that builds what is needed once
	Woken             uint64          // of the application, waking a thread
	Allocating        uint64          // of tracing, instrumentation and the application, allocating memory
	AllocatingTracing uint64          // of Allocating, tracing's
	Exporting         uint64          // inside an exporter
	ExportingInline   uint64          // of Exporting, on the application's goroutines
	ClientCalls       uint64          // in calls of gRPC clients, by tracing or the application
	ExportersCalls    uint64          // of ClientCalls, those of exporters
	ReadingMetrics    uint64          // in which a metric reader collects and exports
	Logs              uint64          // in which log records are made, batched or exported
	LogPolling        uint64          // of Logs, on the goroutine that decides when a batch is full
}

func newCounts() Counts {
	return Counts{
		Stages: ByName{}, APIs: ByName{}, Wakes: ByName{},
		Lines: map[Line]uint64{}, Constructors: ByName{},
	}
}

// Count counts the samples of stacks.
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
		if v.logs {
			c.Logs += stack.Count
		}
		if v.polls {
			c.LogPolling += stack.Count
		}
		if v.calls && (v.class == Application || v.exports) {
			c.ClientCalls += stack.Count
			if v.exports {
				c.ExportersCalls += stack.Count
			}
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

// Add adds the counts of another interval.
func (c *Counts) Add(part Counts) {
	if c.Stages == nil {
		*c = newCounts()
	}
	c.Samples += part.Samples
	c.ReadingMetrics += part.ReadingMetrics
	c.Logs += part.Logs
	c.LogPolling += part.LogPolling
	c.Woken += part.Woken
	for class, n := range part.Classes {
		c.Classes[class] += n
	}
	c.Allocating += part.Allocating
	c.AllocatingTracing += part.AllocatingTracing
	c.Exporting += part.Exporting
	c.ExportingInline += part.ExportingInline
	c.ClientCalls += part.ClientCalls
	c.ExportersCalls += part.ExportersCalls
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

// ByName are counts by name.
type ByName map[string]uint64

// Total is the sum of all.
func (counts ByName) Total() (all uint64) {
	for _, n := range counts {
		all += n
	}
	return all
}

// Most is the name with the largest count; of several, the first by name; "" of none.
func (counts ByName) Most() (key string) {
	for name, n := range counts {
		if n > counts[key] || n == counts[key] && name < key {
			key = name
		}
	}
	return key
}

// Share is a number of samples as a part of all.
func (c Counts) Share(n uint64) float64 { return estimate.Ratio(n, c.Samples) }

// Metrics is the share of the CPU that metric readers take; 0 of no samples.
func (c Counts) Metrics() estimate.Estimate {
	if c.Samples == 0 {
		return estimate.Estimate{}
	}
	return *estimate.Proportion(c.Share(c.ReadingMetrics), c.Samples)
}
