package findings

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/estimate"
)

const (
	cpuClears   = 0.8 // of the limit
	criticalCPU = 4   // times the limit
)

var samplingHigh = rule{
	id: "sampling-high", category: "Sampling",
	says:   "tracing takes more of the CPU than it may, at this sampling ratio",
	when:   "the whole 95 % interval of tracing's share of the CPU is above the limit `cpu` (5 %). Critical if it is above four times the limit",
	clears: "the share is below 80 % of the limit",
	needs:  needsSamples,
	judge:  judgeSamplingHigh,
}

const needsSamples = "needs 400 CPU samples within a minute"

func judgeSamplingHigh(s facts) verdict {
	share, low, ok := s.tracing()
	switch {
	case !ok || low <= s.limits.CPU && share >= cpuClears*s.limits.CPU:
		return verdict{}
	case low <= s.limits.CPU:
		return verdict{state: absent}
	}
	evidence := map[string]float64{"share": share, "low": low, "high": s.cost.CPU.Tracing.Share.High, "limit": s.limits.CPU}
	title := fmt.Sprintf("tracing takes %s of the CPU, over the limit of %.3g %%", estimate.Percent(share), 100*s.limits.CPU)
	if started := s.cost.Spans.Started; started != nil {
		evidence["started_per_second"] = started.Value / s.cost.Window.Seconds
	}
	if sampled, started := s.cost.Spans.Sampled, s.cost.Spans.Started; sampled != nil && started != nil && started.Value > 0 {
		evidence["sampled_share"] = sampled.Value / started.Value
	}
	return verdict{state: present, severity: severe(low > criticalCPU*s.limits.CPU), title: title, evidence: evidence, advice: forecastSampling(s)}
}
