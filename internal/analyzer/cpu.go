package analyzer

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minSamples is how many samples are needed to claim a share: with that many, the interval
// of 5 % is from 1 to 18 %, and that of 50 % ± 18 points. Findings need more.
const minSamples = 30

// cpu is the CPU time of the process, and the shares of OpenTelemetry's parts, in total and
// by stage.
func cpu(s snapshot.Snapshot, c classify.Counts, g *report.Gaps) report.CPU {
	used := report.CPU{
		ProcessSeconds: s.Process.CPU.Seconds(), UserSeconds: (s.Process.CPU - s.Process.System).Seconds(),
		SystemSeconds: s.Process.System.Seconds(),
		Stages:        map[string]report.Portion{}, InstrumentationStages: map[string]report.Portion{},
		MetricsStages: map[string]report.Portion{}, LogsStages: map[string]report.Portion{},
		ThrottledShare: throttledShare(s.Scheduling.Quota, g), RunDelay: runDelay(s.Scheduling.Threads, g),
	}
	if g.Has("cpu.tracing") {
		addAll(g, sampledShares, g.Why("cpu.tracing"))
		return used
	}
	if c.Samples < minSamples {
		why := fmt.Sprintf("needs %d CPU samples; none are taken while probes are on the path of every span", minSamples)
		if s.Samples.Hz == 0 {
			why = "CPU time was not sampled"
		}
		addAll(g, sampledShares, why)
		return used
	}
	cost := costModel{c}.estimateCosts(s)
	used.OpenTelemetry = cost.all.of(used.ProcessSeconds)
	used.Tracing, used.Stages = cost.tracing.of(used.ProcessSeconds), cost.tracing.stages
	used.Instrumentation, used.InstrumentationStages = cost.instrumentation.total, cost.instrumentation.stages
	used.Metrics, used.MetricsStages = cost.metrics.total, cost.metrics.stages
	used.Logs, used.LogsStages = cost.logs.total, cost.logs.stages
	return used
}

// sampledShares are the shares of the CPU that need samples, by their paths in the report.
var sampledShares = []string{
	"cpu.opentelemetry", "cpu.tracing", "cpu.stages", "cpu.instrumentation", "cpu.instrumentation_stages",
	"cpu.metrics", "cpu.metrics_stages", "cpu.logs", "cpu.logs_stages",
}

func addAll(g *report.Gaps, figures []string, why string) {
	for _, figure := range figures {
		g.Add(figure, why)
	}
}

// of is a cost of a process that used so many seconds.
func (c cost) of(processSeconds float64) report.Share {
	return report.Share{Share: c.total, Direct: c.direct, Indirect: c.indirect, Seconds: c.total.Times(processSeconds)}
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
