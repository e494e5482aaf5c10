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
)

var exportSlow = rule{
	id: "export-slow", category: "Network",
	says:   "exports take long, or hang",
	when:   "the p99 of exports is above the limit `p99` (1 s) or above 80 % of the processor's export timeout; or exports are in progress and none has returned for longer than the limit. Critical if half of the exports take longer than the limit, or the longest ran into the timeout",
	clears: "exports return, with a p99 below 80 % of the limit",
	needs:  "no export has returned",
	judge:  judgeExportSlow,
}

func judgeExportSlow(s facts) verdict {
	e, limit := s.figures.Export, slowLimit(s)
	if e.Operations == 0 || e.DurationMS.P99 == nil {
		return judgeStalled(s, limit)
	}
	switch p99 := time.Duration(*e.DurationMS.P99 * float64(time.Millisecond)); {
	case float64(p99) < slowClears*float64(limit):
		return verdict{state: absent}
	case p99 <= limit:
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
		title:    fmt.Sprintf("1 %% of exports take %s s or longer", short(*e.DurationMS.P99/1e3)),
	}
}

// judgeStalled judges exports of which none returns: those in progress at the end of the
// first of the last intervals have lasted through all others.
func judgeStalled(s facts, limit time.Duration) verdict {
	var stalled time.Duration
	for i, part := range s.Lately() {
		var inflight, returned uint64
		for _, x := range part.Exports {
			inflight += x.Inflight
			returned += x.Operations
		}
		if inflight == 0 || i > 0 && returned > 0 {
			return verdict{}
		}
		if i > 0 {
			stalled += part.Elapsed
		}
	}
	if stalled <= limit {
		return verdict{}
	}
	return verdict{
		state: present, severity: report.Critical,
		title:    fmt.Sprintf("exports are running, and none has returned for %s s", short(stalled.Seconds())),
		evidence: map[string]float64{"stalled_ms": inMS(stalled), "limit_ms": inMS(limit)},
		advice:   slowAdvice(s),
	}
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
