package analyzer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func TestQueue(t *testing.T) {
	holding := func(queue, capacity, peak uint64) snapshot.Processor {
		p := testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, reading(queue, 9, 0), 0)
		p.Settings.MaxQueueSize, p.Peak = capacity, peak
		return p
	}
	of := func(size, capacity, peak uint64, utilization *float64) report.Queue {
		return report.Queue{Size: &size, Capacity: &capacity, Peak: &peak, Utilization: utilization}
	}
	tests := []struct {
		name       string
		processors []snapshot.Processor
		want       report.Queue
	}{
		{"none", nil, report.Queue{}},
		{"empty", []snapshot.Processor{holding(0, 2048, 0)}, of(0, 2048, 0, ptr(0.0))},
		{"full", []snapshot.Processor{holding(64, 64, 64)}, of(64, 64, 64, ptr(1.0))},
		{"was longer", []snapshot.Processor{holding(16, 64, 48)}, of(16, 64, 48, ptr(0.25))},
		{"two add up", []snapshot.Processor{holding(16, 64, 48), holding(0, 192, 2)}, of(16, 256, 50, ptr(0.0625))},
		{"no capacity", []snapshot.Processor{holding(0, 0, 0)}, of(0, 0, 0, nil)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Analyze(snapshot.Snapshot{Processors: test.processors})
			if diff := cmp.Diff(test.want, r.Queue); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(test.processors) == 1 {
				if diff := cmp.Diff(test.want, r.Processors[0].Queue); diff != "" {
					t.Errorf("the only processor's (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestFlows are what the metrics say of each processor and exporter.
func TestFlows(t *testing.T) {
	r := Analyze(testsnapshot.Busy())
	want := []report.ProcessorSpans{{Processed: 200, Dropped: 5}, {Processed: 100}}
	for i, p := range r.Processors {
		if p.Spans != want[i] {
			t.Errorf("%s: %+v, want %+v", p.Name, p.Spans, want[i])
		}
	}
	exporters := r.Export.Exporters
	if len(exporters) != 2 || exporters[0].Exported != 180 || exporters[1].Inflight != 12 || exporters[1].Durations.Count != 1 {
		t.Errorf("%+v", exporters)
	}
}
