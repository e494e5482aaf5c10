package analyzer

import "github.com/otwatch/otwatch/internal/snapshot"

// census counts the samples of one interval, or of several, by what their stacks
// say.
type census struct {
	kept    uint64
	classes [scheduler + 1]uint64
	stages  map[string]uint64
	apis    map[string]uint64 // of the stages' samples, those in the API itself
	malloc  [2]uint64         // samples allocating: all, and tracing's
	exports [2]uint64         // samples exporting: all, and those on the application's goroutines
	reading uint64            // samples in which a metric reader collects and exports
}

func takeCensus(stacks []snapshot.Stack) census {
	c := census{stages: map[string]uint64{}, apis: map[string]uint64{}}
	for _, stack := range stacks {
		v := verdicts.of(stack)
		c.kept += stack.Count
		c.classes[v.class] += stack.Count
		if v.class == tracing {
			c.stages[v.stage] += stack.Count
		}
		if v.api {
			c.apis[v.stage] += stack.Count
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
	whole := census{stages: map[string]uint64{}, apis: map[string]uint64{}}
	for _, part := range parts {
		whole.kept += part.kept
		whole.reading += part.reading
		for class, n := range part.classes {
			whole.classes[class] += n
		}
		for i := range part.malloc {
			whole.malloc[i] += part.malloc[i]
			whole.exports[i] += part.exports[i]
		}
		for stage, n := range part.stages {
			whole.stages[stage] += n
		}
		for stage, n := range part.apis {
			whole.apis[stage] += n
		}
	}
	return whole
}

func (c census) share(n uint64) float64 { return float64(n) / float64(c.kept) }
