package findings

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	fullList   = analyzer.BusiestNames
	rareNames  = 0.5 // of the spans, with the busiest names
	rareClears = 0.6

	longText   = 4096 // bytes of text per span, at the lower bound
	textClears = 2048
	textsSeen  = 50 // spans looked at before texts are judged

	readerShare  = 0.05 // of the CPU that metric readers take, at the lower bound, and
	readerCores  = 0.01 // of a core
	readerClears = 0.02 // of the CPU
)

var highCardinality = rule{
	id: "high-cardinality", category: "Cardinality",
	says: "span names, attribute values or the attribute sets of metrics are without bound",
	when: "among the last 1,000 to 2,000 spans whose names were read, the 20 busiest names, each with its tracer's name, have less than half of the spans; or the attributes of at least 50 spans hold more than 4,096 bytes of text per span; " +
		"or collecting and exporting metrics takes more than 5 % of the CPU and 1 % of a core within a minute",
	clears: "the 20 busiest names have 60 %, or there are fewer than 20 names; text is below 2,048 bytes per span; metrics take less than 2 % of the CPU",
	needs:  "needs the names of 1,000 spans",
	judge:  judgeHighCardinality,
}

// judgeHighCardinality looks for three causes, and returns the first that is present. It is
// absent only if names were judged. Other causes of which nothing is known do not count.
func judgeHighCardinality(s facts) verdict {
	judged := verdict{}
	unsure := s.Names.Effective() < history.NameSpans
	for _, judge := range []func(facts) (verdict, bool){judgeNames, judgeTexts, judgeReaders} {
		r, known := judge(s)
		switch {
		case r.state == present:
			return r
		case known && r.state == absent:
			judged = r
		case known:
			unsure = true
		}
	}
	if unsure {
		return verdict{}
	}
	return judged
}

// manyNames reports whether enough names were read, and the busiest, each with its tracer's
// name, have few of the spans.
func (s facts) manyNames() bool {
	if s.Names.Effective() < history.NameSpans {
		return false
	}
	busiest, total := analyzer.Busiest(s.Names.List), s.Names.Total().Spans
	var covered uint64
	for _, n := range busiest {
		covered += n.Spans
	}
	return len(busiest) >= fullList && estimate.Ratio(covered, total) < rareNames
}

func judgeNames(s facts) (r verdict, known bool) {
	spans := s.Names.Effective()
	if spans < history.NameSpans {
		return verdict{}, false
	}
	busiest, total := analyzer.Busiest(s.Names.List), float64(s.Names.Total().Spans)
	var covered float64
	for _, n := range busiest {
		covered += float64(n.Spans) / total
	}
	switch {
	case len(busiest) < fullList || covered >= rareClears:
		return verdict{state: absent}, true
	case covered >= rareNames:
		return verdict{}, true
	}
	if tracersVary(s.Names.List) { // see scope-churn
		return verdict{state: absent}, true
	}
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("the %d most frequent span names cover only %s of the spans", len(busiest), estimate.Percent(covered)),
		evidence: map[string]float64{"names": float64(len(s.Names.List)), "busiest": float64(len(busiest)), "share": covered, "spans": float64(spans)},
		advice:   []report.Advice{code("name spans by route or operation, as in GET /orders/{id}, and put ids into attributes; otelmux, otelgin and otelecho of go.opentelemetry.io/contrib use the router's pattern as the name")},
	}, true
}

// judgeTexts uses the whole Past: only ten spans a second are read.
func judgeTexts(s facts) (r verdict, known bool) {
	texts := s.texts()
	bytes := analyzer.AttributeBytes(texts)
	switch {
	case texts.Read < textsSeen:
		return verdict{}, false
	case bytes.Value < textClears:
		return verdict{state: absent}, true
	case bytes.Low <= longText:
		return verdict{}, true
	}
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("span attributes hold %.0f kB of text per span", bytes.Value/1e3),
		evidence: map[string]float64{"text_per_span_bytes": bytes.Value, "spans": float64(texts.Read), "held_bytes": bytes.Value * analyzer.WaitingSpans(s.lately.Processors)},
		advice:   textAdvice(estimate.Ratio(texts.Cut, texts.Read)),
	}, true
}

// textAdvice is to bound values where they are made. The SDK's own limit cuts only what is
// exported: until then, the whole text stays in memory.
func textAdvice(cut float64) []report.Advice {
	made := code("limit attribute values where they are created: queries with placeholders instead of literals, ids instead of whole objects; only this avoids building and holding large values")
	limit := setting("or let the SDK truncate exported values; memory holds the whole values until then", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", decimal(snapshot.TextLimit))
	made.Expected["spans.attribute_bytes"], limit.Expected["spans.attribute_bytes"] = cut, cut
	return []report.Advice{made, limit}
}

// judgeReaders uses the whole Past: by default, a metric reader collects once in 60 s.
func judgeReaders(s facts) (r verdict, known bool) {
	share := s.allCounts.Metrics()
	switch {
	case s.allCounts.Samples < minCostSamples || share.Value == 0:
		return verdict{}, false
	case share.Value < readerClears:
		return verdict{state: absent}, true
	case share.Low <= readerShare || share.Value*s.cores() < readerCores:
		return verdict{}, true
	}
	limit := setting("limit the attribute sets of an instrument; measurements beyond the limit go into one set with otel.metric.overflow=true", "OTEL_GO_X_CARDINALITY_LIMIT", "2000")
	often := code("if the sets are bounded: collect or scrape less often, and switch exemplars off where nothing reads them (OTEL_METRICS_EXEMPLAR_FILTER=always_off)")
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("collecting and exporting metrics takes %s of the CPU: instruments have many attribute sets, or are collected often", estimate.Percent(share.Value)),
		evidence: map[string]float64{"share": share.Value, "low": share.Low, "high": share.High, "samples": float64(s.allCounts.Samples)},
		advice: []report.Advice{limit,
			code("keep ids of users, orders and sessions out of metric attributes, or drop them in a view (metric.NewView with an AttributeFilter)"), often},
	}, true
}
