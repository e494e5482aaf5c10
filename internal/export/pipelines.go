package export

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// pipelineExporters are the exporters of metrics or logs.
func pipelineExporters(r report.Report, signal string) []component[report.PipelineExporter] {
	return ofPipeline(r, signal, func(e report.PipelineExporter) []attribute.KeyValue { return named(e.Name, e.Component) })
}

// sources are the metric readers or log processors, each with its exporter.
func sources(r report.Report, signal string) []component[report.PipelineExporter] {
	return ofPipeline(r, signal, func(e report.PipelineExporter) []attribute.KeyValue {
		kind, _, _ := strings.Cut(e.Source, "/")
		return named(e.Source, kind)
	})
}

// ofPipeline are the components of a signal, with attributes that say which ones.
func ofPipeline(r report.Report, signal string, attributes func(report.PipelineExporter) []attribute.KeyValue) []component[report.PipelineExporter] {
	for _, p := range r.Pipelines {
		if p.Signal == signal {
			return bounded(p.Exporters, maxPipelines, attributes, foldPipelineExporters)
		}
	}
	return nil
}

// foldPipelineExporters is one exporter for two.
func foldPipelineExporters(a, b report.PipelineExporter) report.PipelineExporter {
	folded := report.PipelineExporter{
		Queue: addQueues(a.Queue, b.Queue), Dropped: addKnown(a.Dropped, b.Dropped),
		Sized:    a.Sized && b.Sized,
		Exported: a.Exported + b.Exported, Failed: a.Failed + b.Failed, Inflight: a.Inflight + b.Inflight,
		Durations: a.Durations, Failures: a.Failures, Collections: a.Collections, FailedCollections: a.FailedCollections,
	}
	folded.Durations.Merge(b.Durations)
	folded.Failures.Merge(b.Failures)
	folded.Collections.Merge(b.Collections)
	folded.FailedCollections.Merge(b.FailedCollections)
	return folded
}

// addQueues adds up what is known of two queues; nil is not known.
func addQueues(a, b *report.RecordQueue) *report.RecordQueue {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return &report.RecordQueue{Size: a.Size + b.Size, Capacity: a.Capacity + b.Capacity, Peak: a.Peak + b.Peak}
}

// recordsExported has the records of a signal that were exported, and those that failed.
func recordsExported(signal string) func(report.Report) []point[int64] {
	return func(r report.Report) []point[int64] {
		var points []point[int64]
		for i, e := range pipelineExporters(r, signal) {
			if e.of.Sized {
				points = append(points, records(e, e.of.Exported, e.of.Failed, kindsOf(i, e.of.Kinds))...)
			}
		}
		return points
	}
}

func recordsInflight(signal string) func(report.Report) []point[int64] {
	return func(r report.Report) []point[int64] {
		var points []point[int64]
		for _, e := range pipelineExporters(r, signal) {
			points = append(points, point[int64]{e.attributes, int64(e.of.Inflight)})
		}
		return points
	}
}

// operationDuration has a point for the calls of each exporter that succeeded and, if there
// are any, one for each kind of those that failed.
func operationDuration(r report.Report) []point[snapshot.Histogram] {
	var points []point[snapshot.Histogram]
	for i, e := range exporters(r) {
		points = append(points, operations(e, e.of.Component, e.of.Durations, e.of.Failures, kindsOf(i, e.of.Kinds))...)
	}
	for _, signal := range []string{snapshot.Metrics, snapshot.Logs} {
		for i, e := range pipelineExporters(r, signal) {
			points = append(points, operations(e, e.of.Component, e.of.Durations, e.of.Failures, kindsOf(i, e.of.Kinds))...)
		}
	}
	return merged(points)
}

// merged adds up the points with the same attributes: those of what is beyond the first
// exporters of several signals.
func merged(points []point[snapshot.Histogram]) []point[snapshot.Histogram] {
	at := map[attribute.Distinct]int{}
	var out []point[snapshot.Histogram]
	for _, p := range points {
		set := attribute.NewSet(p.attributes...)
		if i, ok := at[set.Equivalent()]; ok {
			out[i].value.Merge(p.value)
			continue
		}
		at[set.Equivalent()] = len(out)
		out = append(out, p)
	}
	return out
}

// collectionDuration has a point for the collections of each metric reader that succeeded
// and, if there are any, one for those that failed.
func collectionDuration(r report.Report) []point[snapshot.Histogram] {
	var points []point[snapshot.Histogram]
	for _, e := range sources(r, snapshot.Metrics) {
		points = append(points, point[snapshot.Histogram]{e.attributes, e.of.Collections})
		if e.of.FailedCollections.Count > 0 {
			points = append(points, point[snapshot.Histogram]{e.with(errorOther), e.of.FailedCollections})
		}
	}
	return points
}

// recordsCreated is how many log records were made, if they all went to one processor, and
// were counted.
func recordsCreated(r report.Report) []point[int64] {
	for _, p := range r.Pipelines {
		if p.Signal == snapshot.Logs && len(p.Exporters) == 1 && p.Created != nil && p.Created.Exact {
			return single(int64(p.Created.Value))
		}
	}
	return nil
}

// recordsProcessed has the records that log processors passed to their exporters, and those that
// they dropped.
func recordsProcessed(r report.Report) []point[int64] {
	var points []point[int64]
	for _, p := range sources(r, snapshot.Logs) {
		if p.of.Sized {
			points = append(points, point[int64]{p.attributes, int64(p.of.Exported + p.of.Failed)})
		}
		if p.of.Dropped != nil {
			full := otelconv.SDKProcessorLogProcessed{}.AttrErrorType(errorQueueFull)
			points = append(points, point[int64]{p.with(full), int64(*p.of.Dropped)})
		}
	}
	return points
}

// recordQueues has a figure of the queue of each log processor.
func recordQueues(figure func(report.RecordQueue) uint64) func(report.Report) []point[int64] {
	return func(r report.Report) []point[int64] {
		var points []point[int64]
		for _, p := range sources(r, snapshot.Logs) {
			if p.of.Queue != nil {
				points = append(points, point[int64]{p.attributes, int64(figure(*p.of.Queue))})
			}
		}
		return points
	}
}
