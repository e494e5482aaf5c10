package analyzer

import (
	"fmt"
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minSamples is from where on a share is claimed: one of 5 % then has an
// interval of ± 4 points, one of 50 % of ± 10.
const minSamples = 100

// census counts an interval's samples by class.
type census struct {
	kept    uint64
	classes [scheduler + 1]uint64
	stages  map[string]uint64
	apis    map[string]uint64 // of the stages' samples, those in the API itself
	malloc  [2]uint64         // samples allocating: all, and tracing's
	exports [2]uint64         // samples exporting: all, and those on the application's goroutines
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

func (c census) share(n uint64) float64 { return float64(n) / float64(c.kept) }

// cpu judges the samples: what tracing costs, in all and by stage.
func cpu(s snapshot.Snapshot, g *gaps) (CPU, census) {
	used := CPU{
		ProcessSeconds: s.Process.CPU.Seconds(), UserSeconds: (s.Process.CPU - s.Process.System).Seconds(),
		SystemSeconds: s.Process.System.Seconds(), Stages: map[string]Portion{},
	}
	c := takeCensus(s.Samples.Stacks)
	if g.has("cpu.tracing") {
		return used, c
	}
	if c.kept < minSamples {
		why := fmt.Sprintf("it takes %d CPU samples, and none are taken while probes stand on the path of every span", minSamples)
		if s.Samples.Hz == 0 {
			why = "CPU time was not sampled"
		}
		g.add("cpu.tracing", why)
		g.add("cpu.stages", why)
		g.add("cpu.instrumentation", why)
		g.add("cpu.metrics", why)
		return used, c
	}
	cost := c.estimateCost(s)
	used.Tracing = Share{Share: cost.total, Direct: cost.direct, Indirect: cost.indirect, Seconds: cost.total.Times(used.ProcessSeconds)}
	used.Stages = cost.stages
	metrics := readersOf(s).share()
	used.Metrics = &metrics
	used.Instrumentation = c.claim(c.share(c.classes[instrumentation]), 0)
	return used, c
}

// costOfSpan is the mean CPU time of a started span, in microseconds.
func costOfSpan(r Report, g *gaps) *estimate.Estimate {
	seconds, started := r.CPU.Tracing.Seconds, r.Spans.Started
	if seconds == nil || started == nil || started.Value == 0 {
		g.add("spans.cost_us", "it is what tracing costs by the spans started, which are not both known")
		return nil
	}
	cost := seconds.Times(1e6 / started.Value)
	spread := (started.High - started.Low) / 2 / started.Value * cost.Value
	half := math.Hypot((cost.High-cost.Low)/2, spread)
	return estimate.Around(cost.Value, half, cost.N).Within(0, math.Inf(1))
}
