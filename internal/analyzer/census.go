package analyzer

import "github.com/otwatch/otwatch/internal/snapshot"

// place is a line of the application, with the stage of the tracing below it.
type place struct {
	line  snapshot.Frame
	stage string
}

// census counts the samples of one interval, or of several, by what their stacks
// say.
type census struct {
	kept     uint64
	classes  [scheduler + 1]uint64
	stages   map[string]uint64
	apis     map[string]uint64 // of the stages' samples, those in the API itself
	wakes    map[string]uint64 // of the stages' samples, those waking a thread
	places   map[place]uint64  // of the stages' samples, those that the application has a line for
	trimmed  bool              // places are not all
	builders map[string]uint64 // samples building what is needed once, by who does
	woken    uint64            // samples of the application waking one
	malloc   [2]uint64         // samples allocating: all, and tracing's
	exports  [2]uint64         // samples exporting: all, and those on the application's goroutines
	reading  uint64            // samples in which a metric reader collects and exports
}

func newCensus() census {
	return census{
		stages: map[string]uint64{}, apis: map[string]uint64{}, wakes: map[string]uint64{},
		places: map[place]uint64{}, builders: map[string]uint64{},
	}
}

func takeCensus(stacks []snapshot.Stack) census {
	c := newCensus()
	for _, stack := range stacks {
		v := verdicts.of(stack)
		c.kept += stack.Count
		c.classes[v.class] += stack.Count
		if v.class == tracing {
			c.stages[v.stage] += stack.Count
			if v.site >= 0 && v.site < len(stack.Frames) { // two stacks may share an ID
				c.places[place{*stack.Frames[v.site], v.stage}] += stack.Count
			}
		}
		if v.builder != "" {
			c.builders[v.builder] += stack.Count
		}
		if v.api {
			c.apis[v.stage] += stack.Count
		}
		switch {
		case v.wakes && v.class == tracing:
			c.wakes[v.stage] += stack.Count
		case v.wakes && v.class == application:
			c.woken += stack.Count
		}
		if v.reads {
			c.reading += stack.Count
		}
		if v.exports {
			c.exports[0] += stack.Count
		}
		if v.inline {
			c.exports[1] += stack.Count
		}
		if v.malloc && (v.class == tracing || v.class == instrumentation || v.class == application) {
			c.malloc[0] += stack.Count
			if v.class == tracing {
				c.malloc[1] += stack.Count
			}
		}
	}
	return c
}

// sum counts the samples of several intervals together.
func sum(parts []census) census {
	whole := newCensus()
	for _, part := range parts {
		whole.add(part)
	}
	return whole
}

// add counts another interval's samples too.
func (c *census) add(part census) {
	c.kept += part.kept
	c.reading += part.reading
	c.woken += part.woken
	for class, n := range part.classes {
		c.classes[class] += n
	}
	for i := range part.malloc {
		c.malloc[i] += part.malloc[i]
		c.exports[i] += part.exports[i]
	}
	addTo(c.stages, part.stages)
	addTo(c.apis, part.apis)
	addTo(c.wakes, part.wakes)
	addTo(c.places, part.places)
	addTo(c.builders, part.builders)
	c.trimmed = c.trimmed || part.trimmed
}

func addTo[K comparable](whole, part map[K]uint64) {
	for key, n := range part {
		whole[key] += n
	}
}

// total is all counts together.
func total(counts map[string]uint64) (all uint64) {
	for _, n := range counts {
		all += n
	}
	return all
}

// most is the key of the largest count, of several the first by name; "" of none.
func most(counts map[string]uint64) (key string) {
	for name, n := range counts {
		if n > counts[key] || n == counts[key] && name < key {
			key = name
		}
	}
	return key
}

func (c census) share(n uint64) float64 { return float64(n) / float64(c.kept) }
