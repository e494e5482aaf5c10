package analyzer

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// The otel.component.type of the SDK's span processors.
const (
	batchProcessor  = "batching_span_processor"
	simpleProcessor = "simple_span_processor"
)

// queue sums up the queues of all processors that have one.
func queue(processors []snapshot.Processor) report.Queue {
	processors = snapshot.Batching(processors)
	if len(processors) == 0 {
		return report.Queue{}
	}
	var size, capacity, peak uint64
	for _, p := range processors {
		size += p.After.Queue
		capacity += p.Settings.MaxQueueSize
		peak += p.Peak
	}
	return queueOf(size, capacity, peak)
}

func queueOf(size, capacity, peak uint64) report.Queue {
	q := report.Queue{Size: &size, Capacity: &capacity, Peak: &peak}
	if capacity > 0 {
		utilization := float64(size) / float64(capacity)
		q.Utilization = &utilization
	}
	return q
}

// processors are the span processors, each by itself.
func processors(s snapshot.Snapshot) []report.Processor {
	names := map[uint64]string{}
	for _, e := range s.Exports {
		names[e.Address] = componentName(e.Component, e.Index)
	}
	described := []report.Processor{}
	for _, p := range s.Processors {
		d := report.Processor{
			Name: componentName(simpleProcessor, p.Index), Kind: "simple", Exporter: names[p.Exporter],
			Calls: []report.Function{},
			Spans: report.ProcessorSpans{Processed: p.Exported + p.Failed, Dropped: p.Dropped()},
		}
		if !p.Simple {
			d.Name, d.Kind = componentName(batchProcessor, p.Index), "batch"
			d.Queue = queueOf(p.After.Queue, p.Settings.MaxQueueSize, p.Peak)
			d.Settings = settings(p.Settings)
		}
		for _, f := range []report.Function{{Name: "ForceFlush", Calls: callsOf(p.Flushes)}, {Name: "Shutdown", Calls: callsOf(p.Shutdowns)}} {
			if f.Operations > 0 {
				d.Calls = append(d.Calls, f)
			}
		}
		described = append(described, d)
	}
	return described
}

func settings(s snapshot.Settings) *report.Settings {
	return &report.Settings{
		MaxQueueSize:       s.MaxQueueSize,
		MaxExportBatchSize: s.MaxExportBatchSize,
		BatchTimeoutMS:     s.BatchTimeout.Milliseconds(),
		ExportTimeoutMS:    s.ExportTimeout.Milliseconds(),
		Blocking:           s.Blocking,
	}
}

// componentName is an otel.component.name as in the SDK's own metrics.
func componentName(kind string, index int) string { return fmt.Sprintf("%s/%d", kind, index) }
