package analyzer

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func ptr[T any](v T) *T { return &v }

func TestExport(t *testing.T) {
	const ms = time.Millisecond
	const otlp, zipkin = "otlp_grpc_span_exporter", "zipkin_http_span_exporter"
	hundred := make([]time.Duration, 100) // from 100 ms down to 1 ms
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * ms
	}
	kept := testsnapshot.Exporter(testsnapshot.ExporterA, otlp, hundred...)
	kept.Latest = kept.Latest[90:] // the slower ones are not kept, but the slowest is known
	uneven := testsnapshot.Exporter(testsnapshot.ExporterA, otlp, ms, ms)
	uneven.Spans, uneven.MaxBatch, uneven.Errors = 25, 20, 2
	uneven.Exported, uneven.Failed = 0, 25
	tests := []struct {
		name    string
		exports []snapshot.Exporter
		want    report.Export
	}{
		{"one export", []snapshot.Exporter{testsnapshot.Exporter(testsnapshot.ExporterA, otlp, 8*ms)},
			report.Export{Operations: 1, DurationMS: lasting(8.0, 8.0, 8.0, 8.0), Batch: batches(100.0, 100)}},
		{"a hundred, the slowest first", []snapshot.Exporter{testsnapshot.Exporter(testsnapshot.ExporterA, otlp, hundred...)},
			report.Export{Operations: 100, DurationMS: lasting(50.0, 90.0, 99.0, 100.0), Batch: batches(100.0, 100)}},
		{"more than are kept", []snapshot.Exporter{kept},
			report.Export{Operations: 100, DurationMS: lasting(5.0, 9.0, 10.0, 100.0), Batch: batches(100.0, 100)}},
		{"two exporters", []snapshot.Exporter{testsnapshot.Exporter(testsnapshot.ExporterA, otlp, 3*ms, ms), testsnapshot.Exporter(testsnapshot.ExporterB, zipkin, 2*ms)},
			report.Export{Operations: 3, DurationMS: lasting(2.0, 3.0, 3.0, 3.0), Batch: batches(100.0, 100)}},
		{"uneven batches that fail", []snapshot.Exporter{uneven},
			report.Export{Operations: 2, Failed: 2, DurationMS: lasting(1.0, 1.0, 1.0, 1.0), Batch: batches(12.5, 20)}},
		{"none ended", []snapshot.Exporter{testsnapshot.Exporter(testsnapshot.ExporterA, otlp)}, report.Export{}},
		{"none seen", nil, report.Export{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Analyze(snapshot.Snapshot{Exports: test.exports}).Export
			if len(got.Exporters) != len(test.exports) {
				t.Errorf("%d exporters, want %d", len(got.Exporters), len(test.exports))
			}
			if want := estimate.Counted(test.want.Operations); !cmp.Equal(got.OperationsEstimate, want) || *got.Observed != 1 {
				t.Errorf("%+v of them, and %v of the time is observed; want %+v, and all", got.OperationsEstimate, *got.Observed, want)
			}
			if e := got.DurationEstimateMS.P99; e != nil && (!e.Exact || e.Value != *got.DurationMS.P99 || e.Low != e.High) {
				t.Errorf("the 99th percentile is %+v, want %v exactly", e, *got.DurationMS.P99)
			}
			got.Exporters, got.Errors, got.OperationsEstimate, got.Observed, got.DurationEstimateMS = nil, nil, nil, nil, report.QuantileEstimates{}
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
		e := testsnapshot.Exporter(testsnapshot.ExporterA, "otlp_http_span_exporter", time.Millisecond, time.Millisecond)
		e.Sized, e.Bytes, e.Weighed, e.Sent = sized, bytes, sized, sent
		return e
	}
	overGRPC := func(sized, bytes uint64) snapshot.Exporter {
		e := testsnapshot.Exporter(testsnapshot.ExporterA, "otlp_grpc_span_exporter", time.Millisecond, time.Millisecond)
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
		{"one not read", []snapshot.Exporter{overHTTP(1, 3500, 500)}, 0, false, 0, 0, "of 2 exports, the payloads of 1"},
		{"gRPC", []snapshot.Exporter{overGRPC(2, 7000)}, 7000, false, 0, 0, "OTLP/HTTP only"},
		{"never sent", []snapshot.Exporter{overGRPC(0, 0)}, 0, false, 0, 0, "OTLP exports only"},
		{"both", []snapshot.Exporter{overHTTP(2, 7000, 1000), overGRPC(2, 5000)}, 12000, false, 0, 0, "OTLP/HTTP only"},
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

func lasting(p50, p90, p99, longest float64) report.Quantiles {
	return report.Quantiles{P50: &p50, P90: &p90, P99: &p99, Max: &longest}
}

func batches(mean float64, largest uint64) report.Batch {
	return report.Batch{Mean: &mean, Max: &largest}
}
