package findings

import (
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// issue is a row of the table of defects of the SDK and of instrumentation. It is
// raised by its symptom, which only versions with the defect show.
type issue struct {
	name    string // that its evidence has
	source  string // where it was reported
	cure    string
	symptom func(facts) (says string, measured float64, ok bool)
}

// issues is the table. The first one whose symptom is seen is raised.
var issues = []issue{
	{
		name: "log_processor_cores", source: "https://github.com/open-telemetry/opentelemetry-go/issues/6797",
		cure:    "upgrade go.opentelemetry.io/otel/sdk/log to v0.21.0 or later (with v1.45.0 of the SDK), whose batch processor waits",
		symptom: logProcessorSpins,
	},
	{
		name: "never_ended_share", source: "https://github.com/open-telemetry/opentelemetry-go-contrib/issues/6446",
		cure:    "upgrade otelgrpc to v0.63.0 or later, or drop its filter (otelgrpc.WithFilter)",
		symptom: filteredSpansLeak,
	},
}

var knownIssue = rule{
	id: "known-issue", category: "Version",
	says:   "a known defect of the SDK or of an instrumentation shows",
	when:   "the batch processor of log records before v0.21 of sdk/log takes 20 % of a core or more, and of the CPU time, to decide when a batch is full; or spans of otelgrpc before v0.63 are never ended. Always a warning",
	clears: "the symptom is gone",
	needs:  needsSamples,
	judge:  judgeKnownIssue,
}

func judgeKnownIssue(s facts) verdict {
	for _, i := range issues {
		if says, measured, ok := i.symptom(s); ok {
			return verdict{
				state: present, severity: report.Warning, title: says + " (" + i.source + ")",
				evidence: map[string]float64{i.name: measured}, advice: []report.Advice{code(i.cure)},
			}
		}
	}
	if s.sampled.Counts.Samples < minCostSamples {
		return verdict{}
	}
	return verdict{state: absent}
}

// minSpinning is the part of a core, and of the CPU time, that spinning takes at least.
const minSpinning = 0.2

// logProcessorSpins is the spin of the log processor while its exports are slow.
func logProcessorSpins(s facts) (says string, cores float64, ok bool) {
	c := s.sampled.Counts
	if c.Samples < minCostSamples {
		return "", 0, false
	}
	share := estimate.Proportion(c.Share(c.LogPolling), c.Samples)
	cores = share.Value * s.cores()
	return fmt.Sprintf("the batch processor of log records spins while its exports are slow: it takes %s of a core", estimate.Percent(cores)),
		cores, share.Low >= minSpinning && cores >= minSpinning
}

const (
	otelGRPC = "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	// otelGRPCFixed is the minor version of v0 that asks the filter before it starts a span.
	otelGRPCFixed = 63
)

// filteredSpansLeak is spans that otelgrpc starts and, if its filter rejects them, never ends.
func filteredSpansLeak(s facts) (says string, share float64, ok bool) {
	for _, l := range s.leaks {
		path, version, _ := strings.Cut(l.Module, "@")
		var minor int
		if _, err := fmt.Sscanf(version, "v0.%d.", &minor); err != nil || path != otelGRPC || minor >= otelGRPCFixed {
			continue
		}
		if l.NeverEnded != nil && l.NeverEnded.Low > leastKnownLeak {
			return fmt.Sprintf("otelgrpc %s starts spans for calls that its filter rejects, and never ends them: %s of its spans",
				version, estimate.Percent(l.NeverEnded.Value)), l.NeverEnded.Value, true
		}
	}
	return "", 0, false
}

// leastKnownLeak is the share of otelgrpc's spans that must never end, at the lower bound.
const leastKnownLeak = 0.05
