package analyzer

import (
	"math"
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

// TestPayloads tells sizes, and what was sent of them, only where that of every
// export is known.
func TestPayloads(t *testing.T) {
	overHTTP := func(sized, bytes, sent uint64) snapshot.Exporter {
		e := exporter(exporterA, "otlp_http_span_exporter", time.Millisecond, time.Millisecond)
		e.Sized, e.Bytes, e.Weighed, e.Sent = sized, bytes, sized, sent
		return e
	}
	overGRPC := func(sized, bytes uint64) snapshot.Exporter {
		e := exporter(exporterA, "otlp_grpc_span_exporter", time.Millisecond, time.Millisecond)
		e.Sized, e.Bytes = sized, bytes
		return e
	}
	tests := []struct {
		name    string
		exports []snapshot.Exporter
		bytes   uint64 // 0: not told
		on      bool
		ratio   float64 // 0: what was sent is not told
		saved   float64
		why     string
	}{
		{"compressed", []snapshot.Exporter{overHTTP(2, 7000, 1000)}, 7000, true, 7, 6000, ""},
		{"as they are", []snapshot.Exporter{overHTTP(2, 7000, 7000)}, 7000, false, 7, 6000, ""},
		{"one not read", []snapshot.Exporter{overHTTP(1, 3500, 500)}, 0, false, 0, 0, "of 2 exports the payloads of 1"},
		{"gRPC", []snapshot.Exporter{overGRPC(2, 7000)}, 7000, false, 0, 0, "OTLP over HTTP"},
		{"never sent", []snapshot.Exporter{overGRPC(0, 0)}, 0, false, 0, 0, "that were sent"},
		{"both", []snapshot.Exporter{overHTTP(2, 7000, 1000), overGRPC(2, 5000)}, 12000, false, 0, 0, "OTLP over HTTP"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Analyze(snapshot.Snapshot{Elapsed: time.Second, Exports: test.exports})
			missing := map[string]string{}
			for _, m := range r.Missing {
				missing[m.What] = m.Why
			}
			if bytes := r.Export.Bytes; test.bytes == 0 {
				if bytes != nil || !strings.Contains(missing["export.bytes"], test.why) {
					t.Errorf("bytes %v, missing %v; want %q", bytes, missing, test.why)
				}
			} else if bytes == nil || *bytes != test.bytes {
				t.Errorf("bytes %v, want %d", bytes, test.bytes)
			}
			c := r.Export.Compression
			if test.ratio == 0 {
				if _, told := missing["export.compression"]; c != nil || !told || test.bytes > 0 && !strings.Contains(missing["export.compression"], test.why) {
					t.Errorf("%+v, missing %v; want %q", c, missing, test.why)
				}
				return
			}
			if c == nil || c.On != test.on || math.Abs(c.Ratio.Value-test.ratio) > 1e-9 ||
				math.Abs(c.SavedBytes.Value-test.saved) > 1e-9 || c.SavedBytes.Exact != test.on {
				t.Errorf("%+v, want a ratio of %v and %v saved", c, test.ratio, test.saved)
			}
		})
	}
}
