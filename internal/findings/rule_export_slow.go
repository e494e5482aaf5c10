package findings

import (
	"fmt"
	"math"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

const (
	slowClears  = 0.8 // of the limit
	nearTimeout = 0.8 // of the export timeout
	minSlow     = 2   // exports: a single slow one is no finding
)

var exportSlow = rule{
	id: "export-slow", category: "Network",
	says:   "exports take long, or hang",
	when:   "the p99 of the last exports is above the limit `p99` (1 s) or above 80 % of the processor's export timeout, and at least two took that long; or an export in progress has run that long. The last ten exports of metrics, and those of logs, are judged by the limit alone. Critical if half of the exports take longer than the limit, the longest ran into the timeout, or none has returned in the last three intervals",
	clears: "exports return, with a p99 below 80 % of the limit",
	needs:  "no export has returned",
	judge:  everySignal(judgeExportSlow, judgeSignalSlow),
}

func judgeExportSlow(s facts) verdict {
	e, limit := s.exporting, slowLimit(s)
	if e.Operations == 0 || e.DurationMS.P99 == nil || inMS(s.waiting()) > max(inMS(limit), *e.DurationMS.Max) {
		return judgeWaiting(s, limit)
	}
	switch p99 := time.Duration(*e.DurationMS.P99 * float64(time.Millisecond)); {
	case float64(p99) < slowClears*float64(limit):
		return verdict{state: absent}
	case p99 <= limit || s.slower(limit) < minSlow:
		return verdict{}
	}
	critical := *e.DurationMS.P50 > inMS(limit) || *e.DurationMS.Max >= inMS(s.exportTimeout())
	evidence := map[string]float64{
		"p50_ms": *e.DurationMS.P50, "p99_ms": *e.DurationMS.P99, "max_ms": *e.DurationMS.Max, "limit_ms": inMS(limit), "operations": float64(e.Operations),
	}
	if timeout := s.exportTimeout(); timeout < math.MaxInt64 {
		evidence["timeout_ms"] = inMS(timeout)
	}
	return verdict{
		state: present, severity: severe(critical), evidence: evidence, advice: slowAdvice(s),
		forecast: func() []report.Advice { return forecastSmaller(s) },
		title:    fmt.Sprintf("the p99 of the last %d exports is %s s", e.Operations, short(*e.DurationMS.P99/1e3)),
	}
}

// judgeWaiting judges by the export in progress that began first. It is critical if none
// has returned lately.
func judgeWaiting(s facts, limit time.Duration) verdict {
	if s.waiting() <= limit {
		return verdict{}
	}
	return verdict{
		state: present, severity: severe(s.figures.Export.Operations == 0),
		title:    fmt.Sprintf("an export in progress has been running for %s s", short(s.waiting().Seconds())),
		evidence: map[string]float64{"waiting_ms": inMS(s.waiting()), "limit_ms": inMS(limit)},
		advice:   slowAdvice(s),
	}
}

// slower counts the last exports that took longer than the limit.
func (s facts) slower(limit time.Duration) (n int) {
	for _, e := range s.exports.Exports {
		for _, op := range e.Latest {
			if op.Duration > limit {
				n++
			}
		}
	}
	return n
}

// slowLimit is the limit, or less if the export timeout is shorter.
func slowLimit(s facts) time.Duration {
	return min(s.limits.P99, time.Duration(nearTimeout*float64(s.exportTimeout())))
}

func slowAdvice(s facts) []report.Advice { return []report.Advice{nearer(s), roomier(s)} }

func nearer(s facts) report.Advice {
	return setting("export to a collector on this host or in this zone that forwards the spans", "OTEL_EXPORTER_OTLP_ENDPOINT", s.endpoint("localhost"))
}

// inMS is a duration in milliseconds.
func inMS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
