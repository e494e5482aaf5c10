package accounting

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestWhomAnExportKeepsWaiting finds the caller by the processor and the number of spans.
func TestWhomAnExportKeepsWaiting(t *testing.T) {
	batch := image(1, exporterA, 0, 0, 0)
	for _, test := range []struct {
		name          string
		processor     *memory.Image
		spans         uint64
		sync, foreign uint64
		blocked       time.Duration
	}{
		{"a batch processor's", batch, 100, 0, 0, 0},
		{"a batch processor's of one span", batch, 1, 0, 0, 0},
		{"a simple processor's", nil, 1, 1, 0, 10 * time.Millisecond},
		{"another one's", nil, 7, 0, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testComponents()
			c.addExport(export(10, 20, test.spans, test.processor))
			exporters := c.Take(nil, 0).Exports
			if e := exporters[0]; e.Sync != test.sync || e.Foreign != test.foreign || e.Blocked != test.blocked {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// TestOperationsAreBounded keeps the last of many exports in an interval, and counts all.
func TestOperationsAreBounded(t *testing.T) {
	const more = 100
	e := &exporter{}
	for i := range uint64(snapshot.MaxOperations + more) {
		e.addExport(export(0, 1, i, nil), said{}, 0, byBatchProcessor, 1, 1, snapshot.MaxOperations)
	}
	if e.Operations != snapshot.MaxOperations+more || e.Durations.Count != e.Operations {
		t.Errorf("%d operations and %d durations, want %d", e.Operations, e.Durations.Count, snapshot.MaxOperations+more)
	}
	if n := len(e.Latest); n != snapshot.MaxOperations || e.Latest[0].Spans != more || e.Latest[n-1].Spans != snapshot.MaxOperations+more-1 {
		t.Errorf("%d are kept, the first of %d spans and the last of %d", n, e.Latest[0].Spans, e.Latest[n-1].Spans)
	}
}
