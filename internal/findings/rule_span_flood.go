package findings

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	flooding    = snapshot.LargeRequest // spans a request, at the lower bound
	floodClears = 40
	fewRoots    = 3   // requests that must have been seen to end
	mostLarge   = 0.5 // of the requests, where these are few
	floodRate   = 20  // spans that end per second
	jobTime     = 10 * time.Second
	floodListed = 3 // names in the title

	mostChecks   = 0.5 // of the spans, at the lower bound
	checksClear  = 0.4
	checksSpans  = 200 // whose names were read
	manyOnSpan   = 100 // events or links on a span
	manyClears   = 50
	manyOnAtMost = 20 // spans of a name that must have been read

	// keptAttributes is how many attributes the SDK keeps of a span, unless it is told otherwise.
	// Source: sdk/trace/span_limits.go, DefaultAttributeCountLimit.
	keptAttributes = 128
)

var spanFlood = rule{
	id: "span-flood", category: "Sampling",
	says: "very many spans a request, too many attributes on a span, or health checks as most of all spans",
	when: "requests have more than 60 spans each, at the lower bound, counted in windows with three requests or more, or half of the requests whose spans were read, three at least, have 60; while 20 or more spans end per second, and requests take less than 10 s. " +
		"Or spans of one name have more than 100 events or links each, or all exactly the 128 attributes that the SDK keeps by default, and 20 or more were read. Info if more than half of 200 spans or more are of health checks and scrapes, by their names",
	clears: "fewer than 40 spans a request, 50 events or links on a span, and 40 % of health checks and scrapes",
	needs:  "needs three requests that ended in windows, or the names of 200 spans",
	judge:  judgeSpanFlood,
}

// judgeSpanFlood looks for three kinds, and returns the first that is present.
func judgeSpanFlood(s facts) verdict {
	all, known := verdict{state: absent}, false
	for _, judge := range []func(facts) (verdict, bool){judgePerRequest, judgeOnSpan, judgeChecks} {
		v, judged := judge(s)
		switch {
		case judged && v.state == present:
			return v
		case judged && v.state == unknown:
			all.state = unknown
		}
		known = known || judged
	}
	if !known {
		return verdict{}
	}
	return all
}

// spansPerRequest is how many spans there are for each local root, as counted in windows. Where
// the budget makes windows too short for a narrow interval, it is how many were read of the traces
// of local roots, at least, if most of these are large. It is nil if neither is known, or if local
// roots are jobs.
func spansPerRequest(names snapshot.Names) *estimate.Estimate {
	total := names.Total()
	if total.RootsTimed > 0 && total.RootTime/time.Duration(total.RootsTimed) >= jobTime || names.Ends < names.Roots {
		return nil
	}
	var counted *estimate.Estimate
	if names.Roots >= fewRoots {
		spans := float64(names.Ends)
		low, high := poisson(float64(names.Roots))
		counted = &estimate.Estimate{Value: spans / float64(names.Roots), Low: spans / high, High: spans / low, N: names.Roots}
		if counted.Low > flooding {
			return counted
		}
	}
	if names.LargeRequests < fewRoots || estimate.Ratio(names.LargeRequests, names.Requests) < mostLarge {
		return counted
	}
	least := estimate.Ratio(names.RequestSpans, names.Requests)
	return &estimate.Estimate{Value: least, Low: least, High: math.Inf(1), N: names.Requests}
}

// poisson is the 95 % interval of the mean of a count, by Wilson and Hilferty's approximation.
func poisson(count float64) (low, high float64) {
	bound := func(n, z float64) float64 { return n * math.Pow(1-1/(9*n)+z/(3*math.Sqrt(n)), 3) }
	return bound(count, -estimate.Z95), bound(count+1, estimate.Z95)
}

func judgePerRequest(s facts) (verdict, bool) {
	spans := spansPerRequest(s.Names)
	ended := s.figures.Spans.Ended
	switch {
	case spans == nil:
		return verdict{}, false
	case spans.Value < floodClears || ended != nil && ended.Value < floodRate*s.seconds():
		return verdict{state: absent}, true
	case spans.Low <= flooding:
		return verdict{}, true
	}
	busiest := analyzer.Busiest(s.Names.List)
	busiest = busiest[:min(len(busiest), floodListed)]
	evidence := map[string]float64{"per_request": spans.Value, "low": spans.Low, "requests": float64(spans.N), "limit": flooding}
	orMore := ""
	if math.IsInf(spans.High, 1) {
		orMore = "or more "
	} else {
		evidence["high"] = spans.High
	}
	for i, n := range busiest {
		evidence[[]string{"first", "second", "third"}[i]+"_per_request"] = ofRequest(n, s.Names, *spans)
	}
	return verdict{
		state: present, severity: report.Warning, evidence: evidence, advice: s.fewerSpans(s.Names, *spans),
		title: fmt.Sprintf("%s %sspans a request: %s", short(math.Round(spans.Value)), orMore, listed(busiest, s.Names, *spans)),
	}, true
}

// ofRequest is how many spans of a name there are for each request.
func ofRequest(n snapshot.Name, names snapshot.Names, spans estimate.Estimate) float64 {
	return spans.Value * estimate.Ratio(n.Spans, names.Total().Spans)
}

// listed are names with their spans a request and their scopes.
func listed(busiest []snapshot.Name, names snapshot.Names, spans estimate.Estimate) string {
	var parts []string
	for _, n := range busiest {
		parts = append(parts, fmt.Sprintf("%s of %q (%s)", short(math.Round(ofRequest(n, names, spans))), n.Name, shortScope(n.Scope)))
	}
	return strings.Join(parts, ", ")
}

// fewerSpans is how requests make fewer spans: by options of the busiest instrumentation, and
// in the program's code.
func (s facts) fewerSpans(names snapshot.Names, spans estimate.Estimate) []report.Advice {
	busiest := analyzer.Busiest(names.List)
	var advice []report.Advice
	for _, option := range s.optionsFor(often(busiest, names, spans), func(i instrumentation) option { return i.fewer }) {
		advice = append(advice, code(option))
	}
	if len(busiest) == 0 {
		return advice
	}
	return append(advice, code(fmt.Sprintf("make fewer spans of %q: one span around a loop instead of one for each iteration, one query for all rows, events in place of the innermost spans", busiest[0].Name)))
}

// often are the names of which a request has several spans.
func often(busiest []snapshot.Name, names snapshot.Names, spans estimate.Estimate) []snapshot.Name {
	return slices.DeleteFunc(slices.Clone(busiest), func(n snapshot.Name) bool { return ofRequest(n, names, spans) < 2 })
}

// judgeOnSpan looks for names whose spans have very many events or links.
func judgeOnSpan(s facts) (verdict, bool) {
	judged, found := false, verdict{state: absent}
	for _, n := range s.Names.List {
		if n.Read < manyOnAtMost {
			continue
		}
		judged = true
		if n.Attributes == keptAttributes*n.Spans {
			return attributesDropped(n), true
		}
		events, links := estimate.Ratio(n.Events, n.Spans), estimate.Ratio(n.Links, n.Spans)
		switch most := max(events, links); {
		case most > manyOnSpan:
			return s.manyOn(n, events, links), true
		case most >= manyClears:
			found.state = unknown
		}
	}
	return found, judged
}

// attributesDropped is the verdict on a name of which each span has as many attributes as the SDK
// keeps.
func attributesDropped(n snapshot.Name) verdict {
	return verdict{
		state: present, severity: report.Warning,
		title:    fmt.Sprintf("each span of %q (%s) has %d attributes, as many as the SDK keeps: it drops all further ones", n.Name, shortScope(n.Scope), keptAttributes),
		evidence: map[string]float64{"attributes_per_span": keptAttributes, "spans": float64(n.Read), "limit": keptAttributes},
		advice: []report.Advice{
			code("set fewer attributes, and important ones first: the SDK keeps those that are set first. Put the items of a list into one attribute, into events, or into spans of their own"),
			setting("or let the SDK keep more of them", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "512"),
		},
	}
}

// manyOn is the verdict on a name whose spans have many events or links.
func (s facts) manyOn(n snapshot.Name, events, links float64) verdict {
	advice := []report.Advice{}
	what, each := "events", events
	if links > events {
		what, each = "links", links
	}
	for _, option := range s.optionsFor([]snapshot.Name{n}, func(i instrumentation) option { return i.events }) {
		advice = append(advice, code(option))
	}
	limit := "OTEL_SPAN_EVENT_COUNT_LIMIT"
	if what == "links" {
		limit = "OTEL_SPAN_LINK_COUNT_LIMIT"
	}
	return verdict{
		state: present, severity: report.Warning, title: fmt.Sprintf("each span of %q (%s) has %s %s", n.Name, shortScope(n.Scope), short(math.Round(each)), what),
		evidence: map[string]float64{"events_per_span": events, "links_per_span": links, "spans": float64(n.Read), "limit": manyOnSpan},
		advice:   append(advice, setting("let the SDK keep fewer "+what+" of a span, or record the same in one attribute or metric", limit, "32")),
	}
}

// check matches the names of spans of health checks and scrapes: GET /healthz, /metrics,
// grpc.health.v1.Health/Check. Words that have other uses must be the whole path.
var check = regexp.MustCompile(`(?i)(^|[ /])(grpc\.health\.v1\.Health/\w+|(healthz?|health-?checks?|livez|liveness|readyz|readiness)(/(live|ready|liveness|readiness))?/?)$|` +
	`^((HTTP )?(GET|HEAD) )?/(-/)?(live|ready|healthy|metrics|ping)/?$`)

func judgeChecks(s facts) (verdict, bool) {
	read := s.Names.Effective()
	if read < checksSpans {
		return verdict{}, false
	}
	var checks []snapshot.Name
	var spans uint64
	for _, n := range analyzer.Busiest(s.Names.List) {
		if check.MatchString(n.Name) {
			checks = append(checks, n)
			spans += n.Spans
		}
	}
	share := estimate.Proportion(estimate.Ratio(spans, s.Names.Total().Spans), read)
	switch {
	case share.Value < checksClear:
		return verdict{state: absent}, true
	case share.Low <= mostChecks:
		return verdict{}, true
	}
	var advice []report.Advice
	for _, option := range s.optionsFor(checks, func(i instrumentation) option { return i.checks }) {
		advice = append(advice, code(option))
	}
	if len(advice) == 0 {
		advice = []report.Advice{code(fmt.Sprintf("leave %q out, with a filter of the instrumentation (%s) or with a sampler that decides by name", checks[0].Name, shortScope(checks[0].Scope)))}
	}
	return verdict{
		state: present, severity: report.Info, title: fmt.Sprintf("%s of the spans are of health checks and scrapes, mostly %q", estimate.Percent(share.Value), checks[0].Name),
		evidence: map[string]float64{"share": share.Value, "low": share.Low, "high": share.High, "spans": float64(read), "limit": mostChecks}, advice: advice,
	}, true
}
