package classify

import (
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// readerFrames begin the functions that collect metrics: all that a reader does,
// down to the wire, is below one of them.
var readerFrames = []string{
	"go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).collectAndExport",
	"go.opentelemetry.io/otel/sdk/metric.(*ManualReader).Collect",
	"go.opentelemetry.io/otel/exporters/prometheus.(*collector).Collect",
}

// reads reports whether a metric reader is at work.
func reads(frames []*snapshot.Frame) bool {
	for _, f := range frames {
		for _, begin := range readerFrames {
			if strings.HasPrefix(f.Function, begin) {
				return true
			}
		}
	}
	return false
}

// metrics is the metric readers' part of the CPU; of no samples, 0.
func (c Counts) Metrics() estimate.Estimate {
	if c.Samples == 0 {
		return estimate.Estimate{}
	}
	return *estimate.Proportion(c.Share(c.ReadingMetrics), c.Samples)
}
