package analyzer

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// throttledShare is the fraction of a quota's periods in which the process was throttled.
func throttledShare(q snapshot.Quota, g *report.Gaps) *float64 {
	if q.Periods == 0 {
		g.Add("cpu.throttled_share", "no cgroup of the process is known to have a CPU quota")
		return nil
	}
	share := estimate.Ratio(q.Throttled, q.Periods)
	return &share
}

// runDelay is how long threads waited for a CPU, for each second that they ran.
func runDelay(t snapshot.Threads, g *report.Gaps) *float64 {
	if t.Ran == 0 {
		g.Add("cpu.run_delay", "the kernel did not say how long threads of the process waited for a CPU")
		return nil
	}
	delay := t.Waited.Seconds() / t.Ran.Seconds()
	return &delay
}
