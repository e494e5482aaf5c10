package findings

import (
	"fmt"
	"math"
)

var memoryGrowth = rule{
	id: "memory-growth", category: "Memory",
	says:   "resident memory grows steadily, or is over the limit",
	when:   "over at least six minutes, the lowest readings rise in all three thirds of the time (p < 1 %), in the last no slower than before, and by 10 % an hour or more; or memory is above the limit `rss` (no default). Critical if the limit will be reached within an hour, or is exceeded by a tenth",
	clears: "the rise is no longer significant, steady or large enough, and memory is below the limit",
	needs:  "needs six minutes of memory readings",
	judge:  judgeMemoryGrowth,
}

func judgeMemoryGrowth(s facts) verdict {
	m := s.memory
	over := m.rss > s.limits.RSS
	switch {
	case !over && !m.leak && !m.judged && math.IsInf(s.limits.RSS, 1):
		return verdict{} // else what stood over the limit is now below
	case !over && !m.leak:
		return verdict{state: absent}
	}
	evidence := map[string]float64{"rss_bytes": m.rss, "seconds": m.since}
	if !math.IsInf(s.limits.RSS, 1) {
		evidence["limit_bytes"] = s.limits.RSS
	}
	filled := s.filledBy()
	title := fmt.Sprintf("resident memory is %.0f MB, over the limit of %.0f MB", m.rss/1e6, s.limits.RSS/1e6)
	critical := m.rss > 1.1*s.limits.RSS
	if m.leak {
		title = fmt.Sprintf("memory grows steadily by %s MB per minute", short(m.growth.Value/1e6)) + filled.what
		evidence["bytes_per_minute"] = m.growth.Value
		s.addParts(evidence, m.growth.Value)
		critical = critical || m.rss+60*m.growth.Value > s.limits.RSS
	}
	if share := s.cost.Alloc.TracingShare; share != nil {
		evidence["tracing_share_of_allocations"] = share.Value
	}
	return verdict{state: present, severity: severe(critical), title: title, evidence: evidence, advice: filled.advise()}
}
