package analyzer

import (
	"math"
	"slices"
	"strings"
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

// TestPayloads tells sizes only where that of every export is known.
func TestPayloads(t *testing.T) {
	sized := func(component string, sized, bytes, sent uint64) snapshot.Exporter {
		e := exporter(exporterA, component, time.Millisecond, time.Millisecond)
		e.Sized, e.Bytes, e.Sent = sized, bytes, sent
		return e
	}
	tests := []struct {
		name    string
		exports []snapshot.Exporter
		bytes   uint64 // 0: not told
		on      bool
		ratio   float64
		saved   float64
		why     string
	}{
		{"compressed", []snapshot.Exporter{sized("otlp_http_span_exporter", 2, 7000, 1000)}, 7000, true, 7, 6000, ""},
		{"as they are", []snapshot.Exporter{sized("otlp_http_span_exporter", 2, 7000, 7000)}, 7000, false, 7, 6000, ""},
		{"one not read", []snapshot.Exporter{sized("otlp_http_span_exporter", 1, 3500, 500)}, 0, false, 0, 0, "of 2 exports the payloads of 1"},
		{"gRPC", []snapshot.Exporter{sized("otlp_grpc_span_exporter", 0, 0, 0)}, 0, false, 0, 0, "OTLP over HTTP"},
		{"both", []snapshot.Exporter{sized("otlp_http_span_exporter", 2, 7000, 1000), sized("otlp_grpc_span_exporter", 0, 0, 0)}, 0, false, 0, 0, "of 4 exports the payloads of 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Analyze(snapshot.Snapshot{Elapsed: time.Second, Exports: test.exports})
			if test.why != "" {
				i := slices.IndexFunc(r.Missing, func(m snapshot.Missing) bool { return m.What == "export.bytes" })
				if r.Export.Bytes != nil || r.Export.Compression != nil || i < 0 || !strings.Contains(r.Missing[i].Why, test.why) {
					t.Errorf("%v, %+v, missing %v; want %q", r.Export.Bytes, r.Export.Compression, r.Missing, test.why)
				}
				return
			}
			c := r.Export.Compression
			if *r.Export.Bytes != test.bytes || c.On != test.on || math.Abs(c.Ratio.Value-test.ratio) > 1e-9 ||
				math.Abs(c.SavedBytes.Value-test.saved) > 1e-9 || c.SavedBytes.Exact != test.on {
				t.Errorf("%d bytes, %+v, ratio %+v, saved %+v", *r.Export.Bytes, *c, *c.Ratio, *c.SavedBytes)
			}
		})
	}
}
