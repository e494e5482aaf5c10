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
	n, covered := s.coveredNames()
	return n >= fullList && covered < rareNames
}

// coveredNames is the number of the busiest names, each with its tracer's name, and the share of
// the spans that they have.
func (s facts) coveredNames() (n int, share float64) {
	busiest := analyzer.Busiest(s.Names.List)
	var covered uint64
	for _, n := range busiest {
		covered += n.Spans
	}
	return len(busiest), estimate.Ratio(covered, s.Names.Total().Spans)
}

func judgeNames(s facts) (r verdict, known bool) {
	spans := s.Names.Effective()
	if spans < history.NameSpans {
		return verdict{}, false
	}
	busiest, covered := s.coveredNames()
	switch {
	case busiest < fullList || covered >= rareClears:
		return verdict{state: absent}, true
	case covered >= rareNames:
		return verdict{}, true
	}
	if tracersVary(s.Names.List) { // see scope-churn
		return verdict{state: absent}, true
	}
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("the %d most frequent span names cover only %s of the spans", busiest, estimate.Percent(covered)),
		evidence: map[string]float64{"names": float64(len(s.Names.List)), "busiest": float64(busiest), "share": covered, "spans": float64(spans)},
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
		advice:   append(s.shorterTexts(), textAdvice(estimate.Ratio(texts.Cut, texts.Read))...),
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
			return unboundedSets(p[0], p[2], s.allCounts.ReadersShare().Value, s.Last().Target.SDKVersion), true
		case p[2] >= setsClear*p[1]:
			r.state = unknown
		case !known:
			r.state = absent
		}
		known = true
	}
	return r, known
}

func unboundedSets(before, now, share float64, sdk string) verdict {
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("metrics get ever more attribute sets: an export has %.0f data points, and had %.0f within the last minute", now, before),
		evidence: map[string]float64{growingPoints: now, "data_points_before": before, "share": share},
		advice: append([]report.Advice{
			code("keep ids of users, orders and sessions out of metric attributes, or drop them in a view: metric.WithView(metric.NewView(metric.Instrument{Name: \"NAME\"}, metric.Stream{AttributeFilter: attribute.NewDenyKeysFilter(\"KEY\")}))"),
		}, limitedSets(sdk)...),
	}
}

// The versions of the SDK that can limit attribute sets: by a variable, and by an option, which
// replaces the variable. Source: CHANGELOG.md of opentelemetry-go, #4457, #6996 and #7166.
const (
	limitByVariable = "v1.22.0"
	limitByOption   = "v1.38.0"
)

// limitedSets is how a version of the SDK limits the attribute sets of an instrument; empty if it
// cannot.
func limitedSets(sdk string) []report.Advice {
	const title = "or limit the attribute sets of an instrument; measurements beyond the limit go into one set with otel.metric.overflow=true"
	switch {
	case olderThan(sdk, limitByVariable):
		return nil
	case olderThan(sdk, limitByOption):
		return []report.Advice{setting(title, "OTEL_GO_X_CARDINALITY_LIMIT", "2000")}
	}
	return []report.Advice{code(title + ": metric.WithCardinalityLimit(2000) for metric.NewMeterProvider; OTEL_GO_X_CARDINALITY_LIMIT is deprecated, and 0 switches the limit off")}
}

// growingPoints is the evidence that attribute sets of metrics are without bound.
const growingPoints = "data_points"

// exportsOfMetrics are the exports of one exporter of metrics in the Past.
type exportsOfMetrics struct {
	parts       []snapshot.SignalExporter
	calls       uint64
	first, last time.Duration // when the first and the last one returned
}

// dataPoints is how many data points the exports of each exporter of metrics had on average, in
// the first, second and last third of those in the Past.
func (s facts) dataPoints() (thirds [][3]float64) {
	exporters := map[uint64]*exportsOfMetrics{}
	var at time.Duration
	for _, interval := range s.Intervals {
		at += interval.Elapsed
		for _, p := range interval.Pipelines {
			for _, e := range p.Exporters {
				if p.Signal != snapshot.Metrics || callsOf(e) == 0 || e.Unsized > 0 {
					continue
				}
				of := exporters[e.Address]
				if of == nil {
					of = &exportsOfMetrics{first: at}
					exporters[e.Address] = of
				}
				of.parts, of.calls, of.last = append(of.parts, e), of.calls+callsOf(e), at
			}
		}
	}
	for _, address := range slices.Sorted(maps.Keys(exporters)) {
		if points, enough := exporters[address].thirds(); enough {
			thirds = append(thirds, points)
		}
	}
	return thirds
}

// thirds are the data points of an export in each third; enough is false if there are too few
// exports to judge.
func (x exportsOfMetrics) thirds() (points [3]float64, enough bool) {
	var calls [3]float64
	seen := uint64(0)
	for _, e := range x.parts {
		third := 3 * seen / x.calls
		calls[third] += float64(callsOf(e))
		points[third] += float64(e.Exported + e.Failed)
		seen += callsOf(e)
	}
	if x.calls < minCollections || x.last-x.first < fillTime || slices.Contains(calls[:], 0) {
		return points, false
	}
	for i := range points {
		points[i] /= calls[i]
	}
	return points, true
}

// callsOf is how often an exporter was called, and returned.
func callsOf(e snapshot.SignalExporter) uint64 { return e.Durations.Count + e.Failures.Count }
