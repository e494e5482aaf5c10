package analyzer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func ptr[T any](v T) *T { return &v }

func TestExport(t *testing.T) {
	const ms = time.Millisecond
	const otlp, zipkin = "otlp_grpc_span_exporter", "zipkin_http_span_exporter"
	hundred := make([]time.Duration, 100) // from 100 ms down to 1 ms
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * ms
	}
	kept := exporter(exporterA, otlp, hundred...)
	kept.Latest = kept.Latest[90:] // the slower ones are not kept, but the slowest is known
	uneven := exporter(exporterA, otlp, ms, ms)
	uneven.Spans, uneven.MaxBatch, uneven.Errors = 25, 20, 2
	tests := []struct {
		name    string
		exports []snapshot.Exporter
		want    Export
	}{
		{"one export", []snapshot.Exporter{exporter(exporterA, otlp, 8*ms)},
			Export{Operations: 1, DurationMS: Quantiles{ptr(8.0), ptr(8.0), ptr(8.0), ptr(8.0)}, Batch: Batch{ptr(100.0), ptr(uint64(100))}}},
		{"a hundred, the slowest first", []snapshot.Exporter{exporter(exporterA, otlp, hundred...)},
			Export{Operations: 100, DurationMS: Quantiles{ptr(50.0), ptr(90.0), ptr(99.0), ptr(100.0)}, Batch: Batch{ptr(100.0), ptr(uint64(100))}}},
		{"more than are kept", []snapshot.Exporter{kept},
			Export{Operations: 100, DurationMS: Quantiles{ptr(5.0), ptr(9.0), ptr(10.0), ptr(100.0)}, Batch: Batch{ptr(100.0), ptr(uint64(100))}}},
		{"two exporters", []snapshot.Exporter{exporter(exporterA, otlp, 3*ms, ms), exporter(exporterB, zipkin, 2*ms)},
			Export{Operations: 3, DurationMS: Quantiles{ptr(2.0), ptr(3.0), ptr(3.0), ptr(3.0)}, Batch: Batch{ptr(100.0), ptr(uint64(100))}}},
		{"uneven batches that fail", []snapshot.Exporter{uneven},
			Export{Operations: 2, Failed: 2, DurationMS: Quantiles{ptr(1.0), ptr(1.0), ptr(1.0), ptr(1.0)}, Batch: Batch{ptr(12.5), ptr(uint64(20))}}},
		{"none ended", []snapshot.Exporter{exporter(exporterA, otlp)}, Export{}},
		{"none seen", nil, Export{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Analyze(snapshot.Snapshot{Exports: test.exports}).Export
			if len(got.Exporters) != len(test.exports) {
				t.Errorf("%d exporters, want %d", len(got.Exporters), len(test.exports))
			}
			got.Exporters = nil
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRetried(t *testing.T) {
	for _, test := range []struct {
		name   string
		counts []snapshot.Count
		want   *uint64
	}{
		{"counted throughout", []snapshot.Count{{Probe: "start"}, {Probe: "retry", Calls: 23, Whole: true}}, ptr(uint64(23))},
		{"none, counted throughout", []snapshot.Count{{Probe: "retry", Whole: true}}, ptr(uint64(0))},
		{"for a while", []snapshot.Count{{Probe: "retry", Calls: 23}}, nil},
		{"not counted", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Analyze(snapshot.Snapshot{Counts: test.counts}).Export.Retried); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
