package analyzer

import (
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// readers are the CPU samples in which metric readers collect and export.
type readers struct {
	samples, reading uint64
	cpu, elapsed     time.Duration
}

// readerFrames begin the functions that collect metrics: all that a reader does,
// down to the wire, is below one of them.
var readerFrames = []string{
	"go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).collectAndExport",
	"go.opentelemetry.io/otel/sdk/metric.(*ManualReader).Collect",
	"go.opentelemetry.io/otel/exporters/prometheus.(*collector).Collect",
}

// readersOf looks at a Snapshot's samples.
func readersOf(s snapshot.Snapshot) readers {
	r := readers{cpu: s.Process.CPU, elapsed: s.Elapsed}
	for _, stack := range s.Samples.Stacks {
		r.samples += stack.Count
		if verdicts.of(stack).reads {
			r.reading += stack.Count
		}
	}
	return r
}

// reads reports whether a metric reader is at work.
func reads(frames []snapshot.Frame) bool {
	for _, f := range frames {
		for _, begin := range readerFrames {
			if strings.HasPrefix(f.Function, begin) {
				return true
			}
		}
	}
	return false
}

func (r *readers) add(next readers) {
	r.samples += next.samples
	r.reading += next.reading
	r.cpu += next.cpu
	r.elapsed += next.elapsed
}

// share is the readers' part of the CPU; of no samples, 0.
func (r readers) share() estimate.Estimate {
	if r.samples == 0 {
		return estimate.Estimate{}
	}
	return *estimate.Proportion(float64(r.reading)/float64(r.samples), r.samples)
}

// cores is how many CPUs the process keeps busy.
func (r readers) cores() float64 {
	if r.elapsed <= 0 {
		return 0
	}
	return r.cpu.Seconds() / r.elapsed.Seconds()
}
