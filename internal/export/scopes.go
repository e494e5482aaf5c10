package export

import (
	"cmp"
	"math"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// scopeShares has the scopes with the most CPU time, which a Report lists first.
func scopeShares(r report.Report) (points []point[*estimate.Estimate]) {
	for _, s := range scopesWith(r, func(s report.Scope) *estimate.Estimate { return s.Share }) {
		points = append(points, point[*estimate.Estimate]{s.attributes, s.of.Share})
	}
	return points
}

func scopeSpans(r report.Report) (points []point[int64]) {
	for _, s := range scopesWith(r, func(s report.Scope) *estimate.Estimate { return s.Spans }) {
		points = append(points, point[int64]{s.attributes, int64(math.Round(s.of.Spans.Value))})
	}
	return points
}

// scopesWith are the scopes of which a figure is known, bounded.
func scopesWith(r report.Report, figure func(report.Scope) *estimate.Estimate) []component[report.Scope] {
	var known []report.Scope
	for _, s := range r.Scopes {
		if figure(s) != nil {
			known = append(known, s)
		}
	}
	named := func(s report.Scope) []attribute.KeyValue { return []attribute.KeyValue{scopeKey.String(s.Title())} }
	return bounded(known, maxScopes, named, func(a, b report.Scope) report.Scope {
		return report.Scope{Share: together(a.Share, b.Share), Spans: together(a.Spans, b.Spans)}
	})
}

// together adds up what is known of two figures of the same samples; nil is not known.
func together(a, b *estimate.Estimate) *estimate.Estimate {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return a.With(*b)
}
