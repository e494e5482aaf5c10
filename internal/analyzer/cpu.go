package analyzer

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minSamples is how many samples are needed to claim a share: with that many, the interval
// of 5 % is ± 4 points, and that of 50 % is ± 10.
const minSamples = 100

// cpu is the CPU time of the process, and the share of tracing, in total and by stage.
func cpu(s snapshot.Snapshot, c classify.Counts, g *report.Gaps) report.CPU {
	used := report.CPU{
		ProcessSeconds: s.Process.CPU.Seconds(), UserSeconds: (s.Process.CPU - s.Process.System).Seconds(),
		SystemSeconds: s.Process.System.Seconds(), Stages: map[string]report.Portion{},
		ThrottledShare: throttledShare(s.Scheduling.Quota, g), RunDelay: runDelay(s.Scheduling.Threads, g),
	}
	if g.Has("cpu.tracing") {
		return used
	}
	if c.Samples < minSamples {
		why := fmt.Sprintf("needs %d CPU samples; none are taken while probes are on the path of every span", minSamples)
		if s.Samples.Hz == 0 {
			why = "CPU time was not sampled"
		}
		g.Add("cpu.tracing", why)
		g.Add("cpu.stages", why)
		g.Add("cpu.instrumentation", why)
		g.Add("cpu.metrics", why)
		g.Add("cpu.logs", why)
		return used
	}
	model := costModel{c}
	cost := model.estimateCost(s)
	used.Tracing = report.Share{Share: cost.total, Direct: cost.direct, Indirect: cost.indirect, Seconds: cost.total.Times(used.ProcessSeconds)}
	used.Stages = cost.stages
	metrics := c.Metrics()
	used.Metrics = &metrics
	used.Logs = estimate.Proportion(c.Share(c.Logs), c.Samples)
	used.Instrumentation = model.claim(c.Share(c.Classes[classify.Instrumentation]), margin{})
	return used
}

// costOfSpan is the mean CPU time of a started span, in microseconds.
func costOfSpan(r report.Report, g *report.Gaps) *estimate.Estimate {
	seconds, started := r.CPU.Tracing.Seconds, r.Spans.Started
	if seconds == nil || started == nil || started.Value == 0 {
		g.Add("spans.cost_us", "it is the cost of tracing divided by the spans started, which are not both known")
		return nil
	}
	cost := seconds.Times(1e6).Per(*started)
	cost.N = seconds.N
	return cost
}
