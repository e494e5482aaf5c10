package analyzer

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// batchProcessor is the otel.component.type of a batch span processor.
const batchProcessor = "batching_span_processor"

// queue sums up the queues of all processors.
func queue(processors []snapshot.Processor) Queue {
	if len(processors) == 0 {
		return Queue{}
	}
	var size, capacity, peak uint64
	for _, p := range processors {
		size += p.After.Queue
		capacity += p.Settings.MaxQueueSize
		peak += p.Peak
	}
	return queueOf(size, capacity, peak)
}

func queueOf(size, capacity, peak uint64) Queue {
	q := Queue{Size: &size, Capacity: &capacity, Peak: &peak}
	if capacity > 0 {
		utilization := float64(size) / float64(capacity)
		q.Utilization = &utilization
	}
	return q
}

// processors describes each processor.
func processors(s snapshot.Snapshot) []Processor {
	names := map[uint64]string{}
	for _, e := range s.Exports {
		names[e.Address] = componentName(e.Component, e.Index)
	}
	described := []Processor{}
	for _, p := range s.Processors {
		described = append(described, Processor{
			Name:     componentName(batchProcessor, p.Index),
			Kind:     "batch",
			Exporter: names[p.Exporter],
			Queue:    queueOf(p.After.Queue, p.Settings.MaxQueueSize, p.Peak),
			Settings: Settings{
				MaxQueueSize:       p.Settings.MaxQueueSize,
				MaxExportBatchSize: p.Settings.MaxExportBatchSize,
				BatchTimeoutMS:     p.Settings.BatchTimeout.Milliseconds(),
				ExportTimeoutMS:    p.Settings.ExportTimeout.Milliseconds(),
				Blocking:           p.Settings.Blocking,
			},
			Flow: Flow{Processed: p.Exported + p.Failed, Dropped: p.Dropped()},
		})
	}
	return described
}

// componentName is an otel.component.name, as the SDK's own metrics have it.
func componentName(kind string, index int) string { return fmt.Sprintf("%s/%d", kind, index) }
