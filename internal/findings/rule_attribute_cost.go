package findings

import (
	"fmt"
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	attributesDominate = 0.4 // of what tracing costs
	attributesClear    = 0.3
)

var attributeCost = rule{
	id: "attribute-cost", category: "CPU/Memory",
	says:   "attribute building or conversion dominates what tracing costs",
	when:   "the stage attributes takes at least 40 % of tracing's cost, and the lower bound of tracing's share is above half the limit `cpu` (2.5 % of the CPU). Info; a warning if the lower bound of the share of attributes alone is above the limit",
	clears: "attributes take less than 30 % of tracing's cost, or tracing costs less",
	needs:  needsSamples,
	judge:  judgeAttributeCost,
}

func judgeAttributeCost(s facts) verdict {
	share, low, ok := s.tracing()
	if !ok {
		return verdict{}
	}
	part := s.ofTracing(classify.StageAttributes)
	switch {
	case share < costly*s.limits.CPU || part < attributesClear:
		return verdict{state: absent}
	case low <= costly*s.limits.CPU || part < attributesDominate:
		return verdict{}
	}
	stage := s.cost.CPU.Stages[classify.StageAttributes].Share
	severity := report.Info
	if stage.Low > s.limits.CPU {
		severity = report.Warning
	}
	evidence := map[string]float64{"share": stage.Value, "share_of_tracing": part, "tracing_share": share}
	if all := s.Names.Total(); all.Spans > 0 {
		evidence["attributes_per_span"] = estimate.Ratio(all.Attributes, all.Spans)
	}
	return verdict{
		state: present, severity: severity, evidence: evidence,
		title: fmt.Sprintf("attributes take %s of the CPU, which is %s of the cost of tracing", estimate.Percent(stage.Value), estimate.Percent(part)),
		advice: slices.Concat(s.shorterTexts(), []report.Advice{
			code("build attributes only if span.IsRecording(); pass known attributes to Start and all others to one call of SetAttributes; use typed values instead of formatted strings"),
			// Not OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: beyond it the SDK looks for
			// duplicates at every call (addOverCapAttrs in sdk/trace/span.go). With
			// 32, a span whose 64 attributes are set one by one costs six times as
			// much as with the default of 128.
			setting("cut off long values", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1024"),
		}),
	}
}
