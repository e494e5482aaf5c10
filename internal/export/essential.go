package export

import (
	"slices"

	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"
	"go.opentelemetry.io/otel/semconv/v1.43.0/processconv"

	"github.com/otwatch/otwatch/internal/report"
)

// EssentialSeries is how many series of a target there are at most with Essential. To
// Prometheus, target_info is one more.
const EssentialSeries = 20

// essentials are the metrics that are sent with Essential: what is lost, what tracing costs,
// what watching costs, and whether there is a finding.
var essentials = []string{
	otelconv.SDKProcessorSpanProcessed{}.Name(),
	otelconv.SDKProcessorSpanQueueSize{}.Name(),
	otelconv.SDKProcessorSpanQueueCapacity{}.Name(),
	otelconv.SDKExporterSpanExported{}.Name(),
	processconv.CPUTime{}.Name(),
	processconv.MemoryUsage{}.Name(),
	"otwatch.tracing.cpu.share",
	"otwatch.span.started.rate",
	"otwatch.probe.target.cpu.time",
	"otwatch.probe.lost",
	"otwatch.finding.active",
}

func isEssential(m Metric) bool { return slices.Contains(essentials, m.Name()) }

// essential is a Report whose processors, exporters and findings have one series each: all
// processors and all exporters are added up, and findings are counted by severity.
func essential(r report.Report) report.Report {
	r.Processors = summed(r.Processors, addProcessors)
	r.Export.Exporters = summed(slices.Clone(r.Export.Exporters), addExporters)
	for i := range r.Export.Exporters {
		r.Export.Exporters[i].Kinds = nil
	}
	if len(r.Findings) > 0 || len(r.Judged) > 0 {
		r.Findings, r.Judged = bySeverity(r.Findings), nil
	}
	return r
}

// summed is all parts as one; none stay none.
func summed[T any](parts []T, add func(a, b T) T) []T {
	if len(parts) < 2 {
		return parts
	}
	sum := parts[0]
	for _, part := range parts[1:] {
		sum = add(sum, part)
	}
	return []T{sum}
}

// bySeverity has a nameless finding for each that holds, and one that says that those of
// other severities do not.
func bySeverity(findings []report.Finding) []report.Finding {
	none := report.Finding{State: report.Past, Severities: report.Severities}
	counted := []report.Finding{none}
	for _, f := range findings {
		if f.Holds() {
			counted = append(counted, report.Finding{Severity: f.Severity, State: f.State})
		}
	}
	return counted
}
