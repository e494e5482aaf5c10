package findings

import (
	"fmt"
	"maps"
	"slices"
	"time"

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

	minCollections = 6   // that an exporter got, before the attribute sets of metrics are judged
	setsGrow       = 1.1 // times as many data points in the last third of them as in the first,
	moreSets       = 100 // more of them, and
	stillGrow      = 0.5 // of the growth before, or they only fill up
	setsClear      = 1.02
	fillTime       = 40 * time.Second // at least, between the first and the last of them: a start fills sets
)

var highCardinality = rule{
	id: "high-cardinality", category: "Cardinality",
	says: "span names, attribute values or the attribute sets of metrics are without bound",
	when: "among the last 1,000 to 2,000 spans whose names were read, the 20 busiest names, each with its tracer's name, have less than half of the spans; or the attributes of at least 50 spans hold more than 4,096 bytes of text per span; " +
		"or within a minute, in which an exporter of metrics exported six times or more over at least 40 s, the last third of these exports has a tenth and 100 more data points than the first third, and their number still grows",
	clears: "the 20 busiest names have 60 %, or there are fewer than 20 names; text is below 2,048 bytes per span; the data points grow by less than 2 %",
	needs:  "needs the names of 1,000 spans",
	judge:  judgeHighCardinality,
}

// judgeHighCardinality looks for three causes, and returns the first that is present. It is
// absent only if names were judged. Other causes of which nothing is known do not count.
func judgeHighCardinality(s facts) verdict {
	judged := verdict{}
	unsure := s.Names.Effective() < history.NameSpans
	for _, judge := range []func(facts) (verdict, bool){judgeNames, judgeTexts, judgeSets} {
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

// judgeSets judges the attribute sets of metrics by how many data points exports have. The number
// of those that are scraped is not known.
func judgeSets(s facts) (r verdict, known bool) {
	for _, p := range s.dataPoints() {
		switch more := p[2] - p[0]; {
		case p[2] >= setsGrow*p[0] && more >= moreSets && p[2]-p[1] >= stillGrow*(p[1]-p[0]):
			return unboundedSets(p[0], p[2], s.allCounts.Metrics().Value), true
		case p[2] >= setsClear*p[1]:
			r.state = unknown
		case !known:
			r.state = absent
		}
		known = true
	}
	return r, known
}

func unboundedSets(before, now, share float64) verdict {
	limit := setting("limit the attribute sets of an instrument; measurements beyond the limit go into one set with otel.metric.overflow=true", "OTEL_GO_X_CARDINALITY_LIMIT", "2000")
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("metrics get ever more attribute sets: an export has %.0f data points, and had %.0f within the last minute", now, before),
		evidence: map[string]float64{growingPoints: now, "data_points_before": before, "share": share},
		advice: []report.Advice{
			code("keep ids of users, orders and sessions out of metric attributes, or drop them in a view (metric.NewView with an AttributeFilter)"), limit,
		},
	}
}

// growingPoints is the evidence that attribute sets of metrics are without bound.
const growingPoints = "data_points"

// dataPoints is how many data points the exports of each exporter of metrics had on average, in
// the first, second and last third of those in the Past.
func (s facts) dataPoints() (thirds [][3]float64) {
	exports := map[uint64][]snapshot.SignalExporter{}
	all, first, last := map[uint64]uint64{}, map[uint64]time.Duration{}, map[uint64]time.Duration{}
	var at time.Duration
	for _, interval := range s.Intervals {
		at += interval.Elapsed
		for _, p := range interval.Pipelines {
			for _, e := range p.Exporters {
				if p.Signal == snapshot.Metrics && callsOf(e) > 0 && e.Unsized == 0 {
					if len(exports[e.Address]) == 0 {
						first[e.Address] = at
					}
					last[e.Address] = at
					exports[e.Address] = append(exports[e.Address], e)
					all[e.Address] += callsOf(e)
				}
			}
		}
	}
	for _, address := range slices.Sorted(maps.Keys(exports)) {
		var calls, points [3]float64
		seen := uint64(0)
		for _, e := range exports[address] {
			third := 3 * seen / all[address]
			calls[third] += float64(callsOf(e))
			points[third] += float64(e.Exported + e.Failed)
			seen += callsOf(e)
		}
		if all[address] >= minCollections && last[address]-first[address] >= fillTime && calls[0] > 0 && calls[1] > 0 && calls[2] > 0 {
			thirds = append(thirds, [3]float64{points[0] / calls[0], points[1] / calls[1], points[2] / calls[2]})
		}
	}
	return thirds
}

// callsOf is how often an exporter was called, and returned.
func callsOf(e snapshot.SignalExporter) uint64 { return e.Durations.Count + e.Failures.Count }
