package export

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/report"
)

// maxComponents bounds how many of a target's processors and exporters have series of
// their own; the rest is merged into one. Otherwise a program that makes a provider for
// every request would have an unlimited number of series. maxPipelines bounds the exporters
// of metrics, and those of logs. maxFindings bounds findings by id and severity: it has room
// for every id, so that an alert for one resolves.
const (
	maxComponents = 16
	maxPipelines  = 4
	maxFindings   = 64
	maxScopes     = 8
)

// MaxSeries is how many series a target has at most.
const MaxSeries = 580

// overflow marks the series of what is beyond these bounds, as the SDK does beyond its
// cardinality limit; no convention names it. Source: opentelemetry-go
// sdk/metric/internal/aggregate/limit.go.
var overflow = attribute.Bool("otel.metric.overflow", true)

// component is a part of a target that has series of its own.
type component[T any] struct {
	attributes []attribute.KeyValue
	of         T
}

func (c component[T]) with(more ...attribute.KeyValue) []attribute.KeyValue {
	return append(slices.Clone(c.attributes), more...)
}

// bounded makes components of parts: the first of them, as many as most, have attributes
// of their own, the rest is merged into one.
func bounded[T any](parts []T, most int, attributes func(T) []attribute.KeyValue, fold func(a, b T) T) []component[T] {
	var out []component[T]
	for i, part := range parts {
		switch {
		case i < most:
			out = append(out, component[T]{attributes(part), part})
		case i == most:
			out = append(out, component[T]{[]attribute.KeyValue{overflow}, part})
		default:
			out[most].of = fold(out[most].of, part)
		}
	}
	return out
}

func processors(r report.Report) []component[report.Processor] {
	return bounded(r.Processors, maxComponents,
		func(p report.Processor) []attribute.KeyValue {
			kind, _, _ := strings.Cut(p.Name, "/")
			return named(p.Name, kind)
		},
		addProcessors)
}

// addProcessors is two processors as one without a name.
func addProcessors(a, b report.Processor) report.Processor {
	return report.Processor{
		Queue: report.Queue{
			Size:     addKnown(a.Queue.Size, b.Queue.Size),
			Capacity: addKnown(a.Queue.Capacity, b.Queue.Capacity),
		},
		Spans: report.ProcessorSpans{
			Processed: a.Spans.Processed + b.Spans.Processed,
			Dropped:   a.Spans.Dropped + b.Spans.Dropped,
		},
	}
}

func exporters(r report.Report) []component[report.Exporter] {
	return bounded(r.Export.Exporters, maxComponents,
		func(e report.Exporter) []attribute.KeyValue {
			return append(named(e.Name, e.Component), server(e.Target)...)
		},
		addExporters)
}

// addExporters is two exporters as one without a name.
func addExporters(a, b report.Exporter) report.Exporter {
	sum := report.Exporter{
		Exported:  a.Exported + b.Exported,
		Failed:    a.Failed + b.Failed,
		Inflight:  a.Inflight + b.Inflight,
		Durations: a.Durations,
		Failures:  a.Failures,
	}
	sum.Durations.Merge(b.Durations)
	sum.Failures.Merge(b.Failures)
	return sum
}

// named are the attributes of a component, none if it has no name.
func named(name, kind string) []attribute.KeyValue {
	if name == "" {
		return nil
	}
	return []attribute.KeyValue{semconv.OTelComponentName(name), semconv.OTelComponentTypeKey.String(kind)}
}

// addKnown adds what is known; nil is not known.
func addKnown(a, b *uint64) *uint64 {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	sum := *a + *b
	return &sum
}

// active is how many findings of one id and severity hold. One that was never raised has no
// severity.
type active struct {
	id, severity string
	active       int64
}

// findings groups a Report's findings by id and severity: several may have the same, and
// a series has one point. Those that were judged and do not hold follow with 0.
func findings(r report.Report) []component[active] {
	var groups []active
	add := func(id, severity string, n int64) {
		same := func(a active) bool { return a.id == id && a.severity == severity }
		if i := slices.IndexFunc(groups, same); i >= 0 {
			groups[i].active += n
		} else {
			groups = append(groups, active{id, severity, n})
		}
	}
	for _, f := range r.Findings {
		if f.Holds() {
			add(f.ID, f.Severity, 1)
		}
	}
	for _, f := range r.Findings {
		for _, severity := range f.Severities {
			add(f.ID, severity, 0)
		}
	}
	for _, id := range r.Judged {
		if !slices.ContainsFunc(groups, func(a active) bool { return a.id == id }) {
			add(id, "", 0)
		}
	}
	return bounded(groups, maxFindings, active.attributes, func(a, b active) active { return active{active: a.active + b.active} })
}

func (a active) attributes() []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if a.id != "" {
		attributes = append(attributes, findingID.String(a.id))
	}
	if a.severity != "" {
		attributes = append(attributes, findingSeverity.String(a.severity))
	}
	return attributes
}
