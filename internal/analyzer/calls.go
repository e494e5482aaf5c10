package analyzer

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// callsOf counts calls and works out their quantiles.
func callsOf(c snapshot.Calls) report.Calls {
	if len(c.Durations) == 0 {
		return report.Calls{Operations: c.Count, Failed: c.Errors}
	}
	return report.Calls{Operations: c.Count, Failed: c.Errors, DurationMS: quantiles(c.Durations, c.Longest)}
}

// quantiles are of some durations, at least one; longest is of all calls.
func quantiles(durations []time.Duration, longest time.Duration) report.Quantiles {
	sorted := slices.Sorted(slices.Values(durations))
	at := func(q float64) *float64 { return milliseconds(estimate.Quantile(sorted, q)) }
	return report.Quantiles{P50: at(0.5), P90: at(0.9), P99: at(0.99), Max: milliseconds(longest)}
}

func milliseconds(d time.Duration) *float64 {
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}

// sourceOf is the otel.component.type of what hands a signal to exporters.
var sourceOf = map[string]string{snapshot.Metrics: "periodic_metric_reader", snapshot.Logs: "batching_log_processor"}

// pipelines are the exports of metrics and logs.
func pipelines(s snapshot.Snapshot, g *report.Gaps) []report.Pipeline {
	described := []report.Pipeline{}
	if g.Has("pipelines") {
		return described
	}
	for _, p := range s.Pipelines {
		d := report.Pipeline{Signal: p.Signal, Calls: callsOf(p.Calls), Errors: pipelineErrors(p)}
		if p.Signal == snapshot.Logs {
			d.Created, d.NotExported = LogRecords(s)
			d.Dropped, d.Queue = LogsDropped(s), recordQueue(p.Exporters)
		}
		d.Exporters = pipelineExporters(p, d.Dropped)
		if d.Created == nil || d.NotExported == nil {
			g.Add("pipelines.created", "only log records are counted: once one has shown its batch processor, or by two windows or more, with 30 of them")
			g.Add("pipelines.not_exported", "it follows from the records created and exported, which are not both known")
		}
		if d.Dropped == nil || d.Queue == nil {
			const why = "only log records are queued, and none has shown its batch processor yet"
			if d.Queue != nil {
				g.Add("pipelines.dropped", "a log batch processor could not be read, as at the end of a process: what it has dropped since is not known")
			}
			g.Add("pipelines.dropped", why)
			g.Add("pipelines.queue", why)
		}
		if d.Operations == 0 {
			g.Add("pipelines.duration_ms", "no export ended in the window")
		}
		switch {
		case p.Largest > 0:
			mean := estimate.Ratio(p.Records, p.Calls.Count-p.Unsized)
			d.Batch = report.Batch{Mean: &mean, Max: &p.Largest}
		case p.Unsized > 0:
			g.Add("pipelines.batch", "data points are counted only if the layout of the SDK is known, for up to 500 metrics")
		default:
			g.Add("pipelines.batch", "no export with records ended in the window")
		}
		described = append(described, d)
	}
	return described
}

// pipelineExporters are the exporters of a pipeline. What was dropped is known if there is one
// only, since SDKs count it for all processors together.
func pipelineExporters(p snapshot.Pipeline, dropped *estimate.Estimate) []report.PipelineExporter {
	var described []report.PipelineExporter
	for _, e := range p.Exporters {
		d := report.PipelineExporter{
			Name: componentName(e.Component, e.Index), Component: e.Component, Source: componentName(sourceOf[p.Signal], e.Reader),
			Sized: e.Unsized == 0, Exported: e.Exported, Failed: e.Failed, Inflight: e.Inflight,
			Durations: e.Durations, Failures: e.Failures, Kinds: e.Kinds, Collections: e.Collections, FailedCollections: e.FailedCollections,
		}
		if e.Queue.Capacity > 0 {
			d.Queue = recordQueue([]snapshot.SignalExporter{e})
		}
		if dropped != nil && dropped.Exact && len(p.Exporters) == 1 {
			n := uint64(dropped.Value)
			d.Dropped = &n
		}
		described = append(described, d)
	}
	return described
}
