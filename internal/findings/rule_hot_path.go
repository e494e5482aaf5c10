package findings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	dominates       = 0.5 // of what tracing costs
	dominatesClears = 0.4
	// costly is where a part of tracing is worth a look: half the limit of
	// all of it.
	costly = 0.5
)

var hotPath = rule{
	id: "hot-path", category: "CPU",
	says:   "one call site, or one stage, dominates what tracing costs",
	when:   "one call site in the program's own code, or one stage other than attributes, takes half of tracing's cost, and the lower bound of tracing's share is above half the limit `cpu` (2.5 % of the CPU). Always info",
	clears: "none takes 40 % of tracing's cost, or tracing costs less",
	needs:  needsSamples,
	judge:  judgeHotPath,
}

func judgeHotPath(s facts) verdict {
	share, low, ok := s.tracing()
	if !ok {
		return verdict{}
	}
	part := dominant(s, share)
	switch {
	case share < costly*s.limits.CPU || part.share < dominatesClears:
		return verdict{state: absent}
	case low <= costly*s.limits.CPU || part.share < dominates:
		return verdict{}
	}
	return verdict{
		state: present, severity: report.Info,
		title:    fmt.Sprintf("%s of the cost of tracing is %s", estimate.Percent(part.share), part.what),
		evidence: map[string]float64{"share_of_tracing": part.share, "tracing_share": share},
		advice:   []report.Advice{code(part.advice)},
	}
}

// portionOf is a part of the cost of tracing.
type portionOf struct {
	what, advice string
	share        float64 // of tracing, 0..1
}

// dominant is the most expensive call site in the program's own code if it dominates,
// otherwise the most expensive stage; of two equal ones, the first by name. A call site in
// another module, such as a router, has all requests below it.
func dominant(s facts, total float64) portionOf {
	var most portionOf
	for _, site := range s.cost.Sites {
		if site.Module != "" || site.Share == nil {
			continue
		}
		if share := min(1, site.Share.Value/total); share > most.share { // both are estimates
			where := snapshot.Frame{Function: site.Function, File: site.File, Line: site.Line}.String()
			most = portionOf{"caused by " + where, "create fewer or cheaper spans at " + where, share}
		}
	}
	if most.share >= dominates {
		return most
	}
	for _, stage := range slices.Sorted(maps.Keys(s.cost.CPU.Stages)) {
		if share := s.ofTracing(stage); stage != classify.StageAttributes && share > most.share {
			most = portionOf{"in the stage " + stage, s.stageAdvice(stage), share}
		}
	}
	return most
}

// filters are options of the busiest instrumentations that leave spans out, in parentheses; of
// otelhttp where names do not show which there are.
func (s facts) filters() string {
	options := s.optionsFor(analyzer.Busiest(s.Names.List), func(i instrumentation) option { return i.checks })
	if len(options) == 0 {
		return " (otelhttp.WithFilter)"
	}
	return " (" + strings.Join(options, "; ") + ")"
}

// stageAdvice is how to make a stage cheaper.
func (s facts) stageAdvice(stage string) string {
	switch stage {
	case classify.StageSerialize, classify.StageCompress, classify.StageSend, classify.StageRetry, classify.StageTransport, classify.StageBatch:
		return "export less: sample, or export larger batches to a collector on this host"
	case classify.StageGC:
		return "allocate less: use fewer attributes, and create attribute sets once and share them"
	case classify.StagePropagation:
		return "inject and extract once per request, and keep baggage small"
	}
	return "create fewer spans: drop the innermost ones, and filter health checks" + s.filters()
}
