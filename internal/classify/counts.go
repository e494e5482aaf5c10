package classify

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Counts are the samples of one interval, or of several, by the details of their stacks.
// The zero value is empty.
type Counts struct {
	Samples        uint64
	Classes        [Scheduler + 1]uint64
	Tracing        Signal
	Metrics        Signal
	Logs           Signal
	Lines          map[Line]uint64       // of tracing, with a call site in the application
	LinesDropped   bool                  // Lines are not all
	Libraries      ByLibrary             // of tracing and instrumentation, by whom they work for
	LibraryAllocs  ByLibrary             // of Libraries, allocating memory
	Constructors   ByName                // in a function that builds what is needed once
	Woken          uint64                // of the application, waking a thread
	Allocating     [Scheduler + 1]uint64 // by class, allocating memory
	ClientCalls    uint64                // in calls of gRPC clients, by exporters or others
	ReadingMetrics uint64                // in which a metric reader collects and exports
	LogPolling     uint64                // of logs, on the goroutine that decides when a batch is full
}

// Signal is the samples of one signal.
type Signal struct {
	Stages          ByName
	APIs            ByName // of Stages, in the API itself
	Wakes           ByName // of Stages, waking a thread
	Exporting       uint64 // inside an exporter
	ExportingInline uint64 // of Exporting, on the application's goroutines
	ClientCalls     uint64 // in calls of gRPC clients
}

func newCounts() Counts {
	return Counts{Tracing: newSignal(), Metrics: newSignal(), Logs: newSignal(), Lines: map[Line]uint64{}, Libraries: ByLibrary{}, LibraryAllocs: ByLibrary{}, Constructors: ByName{}}
}

func newSignal() Signal { return Signal{Stages: ByName{}, APIs: ByName{}, Wakes: ByName{}} }

// Count counts the samples of stacks.
func Count(stacks []snapshot.Stack) Counts {
	c := newCounts()
	for _, stack := range stacks {
		v := classified.of(stack)
		c.Samples += stack.Count
		c.Classes[v.class] += stack.Count
		if v.class == Tracing && v.site >= 0 && v.site < len(stack.Frames) { // two stacks may share an ID
			c.Lines[Line{*stack.Frames[v.site], v.stage}] += stack.Count
		}
		if (v.class == Tracing || v.class == Instrumentation) && v.library >= 0 && v.library < len(stack.Frames) {
			library := LibraryOf(*stack.Frames[v.library])
			c.Libraries.add(library, stack.Count)
			if v.malloc {
				c.LibraryAllocs.add(library, stack.Count)
			}
		}
		if v.constructor != "" {
			c.Constructors[v.constructor] += stack.Count
		}
		if v.reads {
			c.ReadingMetrics += stack.Count
		}
		if v.polls {
			c.LogPolling += stack.Count
		}
		if v.wakes && v.class == Application {
			c.Woken += stack.Count
		}
		if v.calls && v.class.works() {
			c.ClientCalls += stack.Count
		}
		if v.malloc && v.class.works() {
			c.Allocating[v.class] += stack.Count
		}
		if signal := c.signal(v.class); signal != nil {
			signal.count(v, stack.Count)
		}
	}
	return c
}

// works reports whether the samples of a class are code that may allocate memory.
func (c Class) works() bool { return c >= Application && c <= Logs }

// Signal is that of a class; that of a class which is no signal is empty.
func (c Counts) Signal(class Class) Signal {
	if s := c.signal(class); s != nil {
		return *s
	}
	return Signal{}
}

func (c *Counts) signal(class Class) *Signal {
	switch class {
	case Tracing:
		return &c.Tracing
	case Metrics:
		return &c.Metrics
	case Logs:
		return &c.Logs
	}
	return nil
}

func (s *Signal) count(v details, n uint64) {
	s.Stages[v.stage] += n
	if v.api {
		s.APIs[v.stage] += n
	}
	if v.wakes {
		s.Wakes[v.stage] += n
	}
	if v.exports {
		s.Exporting += n
	}
	if v.inline {
		s.ExportingInline += n
	}
	if v.calls {
		s.ClientCalls += n
	}
}

// Add adds the counts of another interval.
func (c *Counts) Add(part Counts) {
	if c.Tracing.Stages == nil {
		*c = newCounts()
	}
	c.Samples += part.Samples
	c.ReadingMetrics += part.ReadingMetrics
	c.LogPolling += part.LogPolling
	c.Woken += part.Woken
	c.ClientCalls += part.ClientCalls
	for class, n := range part.Classes {
		c.Classes[class] += n
		c.Allocating[class] += part.Allocating[class]
	}
	c.Tracing.add(part.Tracing)
	c.Metrics.add(part.Metrics)
	c.Logs.add(part.Logs)
	addTo(c.Lines, part.Lines)
	c.Libraries.merge(part.Libraries)
	c.LibraryAllocs.merge(part.LibraryAllocs)
	addTo(c.Constructors, part.Constructors)
	c.LinesDropped = c.LinesDropped || part.LinesDropped
}

func (s *Signal) add(more Signal) {
	addTo(s.Stages, more.Stages)
	addTo(s.APIs, more.APIs)
	addTo(s.Wakes, more.Wakes)
	s.Exporting += more.Exporting
	s.ExportingInline += more.ExportingInline
	s.ClientCalls += more.ClientCalls
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

// AllAllocating are all samples that allocate memory.
func (c Counts) AllAllocating() (n uint64) {
	for _, of := range c.Allocating {
		n += of
	}
	return n
}

// Share is a number of samples as a part of all.
func (c Counts) Share(n uint64) float64 { return estimate.Ratio(n, c.Samples) }

// ReadersShare is the share of the CPU that metric readers take; 0 of no samples.
func (c Counts) ReadersShare() estimate.Estimate {
	if c.Samples == 0 {
		return estimate.Estimate{}
	}
	return *estimate.Proportion(c.Share(c.ReadingMetrics), c.Samples)
}
