package findings

import (
	"fmt"

	"github.com/dustin/go-humanize/english"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

var lostAtExit = rule{
	id: "lost-at-exit", category: "Export",
	says:   "the process ended with spans in its queue or batch",
	when:   "a process ends that has not shut down its provider, or not in time, and batch processors hold spans. Critical if the limit `drops` (1 %) of the spans that ended is lost",
	clears: "never: the process has ended",
	needs:  "exports or processors were not known when the process ended",
	judge:  judgeLostAtExit,
}

func judgeLostAtExit(s facts) verdict {
	if !s.Last().Ended {
		return verdict{state: absent} // until then none is lost
	}
	spans := analyzer.Analyze(s.Total).Spans
	if spans.LostAtExit == nil || spans.Ended == nil {
		return verdict{}
	}
	lost, ended := spans.LostAtExit.Value, spans.Ended.Value
	if lost == 0 {
		return verdict{state: absent}
	}
	return verdict{
		state: present, atOnce: true, severity: severe(lost > s.limits.Drops*ended),
		title:    fmt.Sprintf("the process ended with %s that were never exported", lostSpans(*spans.LostAtExit)),
		evidence: map[string]float64{"lost": lost, "ended": ended, "share": lost / max(1, ended), "limit": s.limits.Drops},
		advice:   []report.Advice{shutdownAdvice(s)},
	}
}

// lostSpans is the number of spans that were lost, with its interval if it is an estimate.
func lostSpans(lost estimate.Estimate) string {
	if lost.Exact {
		return english.Plural(int(lost.Value), "span", "")
	}
	return fmt.Sprintf("about %s (%.0f to %.0f)", english.Plural(int(lost.Value), "span", ""), lost.Low, lost.High)
}

// shutdownAdvice is to shut the provider down, or to give that more time.
func shutdownAdvice(s facts) report.Advice {
	for _, p := range s.Total.Processors {
		if p.Shutdowns.Count > 0 {
			return code("give TracerProvider.Shutdown a context with more time: it returned before the queue was empty")
		}
	}
	return code("call TracerProvider.Shutdown before the process ends, on SIGTERM too; os.Exit and log.Fatal skip deferred calls")
}
