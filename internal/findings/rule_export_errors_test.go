package findings

import (
	"math"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestTooLargeMessages exports spans of 15 kB to a receiver that may take 4 MiB.
func TestTooLargeMessages(t *testing.T) {
	const full, text = 512, 15_000
	texts := func(bytes uint64) change {
		return func(s *snapshot.Snapshot) {
			for range 10 {
				s.Texts.Add(bytes, bytes)
			}
		}
	}
	sent := func(operations ...snapshot.Operation) change {
		return func(s *snapshot.Snapshot) {
			x := &s.Exports[0]
			x.Operations, x.Latest = uint64(len(operations)), operations
			x.Errors, x.Exported, x.Failed, x.Spans = 0, 0, 0, 0
			for _, op := range operations {
				x.Spans += op.Spans
				x.Failed += op.Failed
				x.Exported += op.Spans - op.Failed
				x.Errors += min(1, op.Failed/op.Spans)
			}
		}
	}
	batch := func(n uint64) change {
		return func(s *snapshot.Snapshot) { s.Processors[0].Settings.MaxExportBatchSize = n }
	}
	var (
		large   = snapshot.Operation{Spans: full, Failed: full}
		small   = snapshot.Operation{Spans: 10}
		refused = snapshot.Operation{Spans: 10, Failed: 10}
	)
	for _, test := range []struct {
		name    string
		changes []change
		batch   string  // advised; empty: none
		left    float64 // failures expected
	}{
		{"all large ones fail", []change{texts(text), batch(full), sent(large, large)}, "200", 0},
		{"small ones pass", []change{texts(text), batch(full), sent(large, small)}, "200", 0},
		{"small ones fail too", []change{texts(text), batch(full), sent(large, refused, refused)}, "200", 20.0 / 532},
		{"a large one was taken", []change{texts(text), batch(full), sent(large, snapshot.Operation{Spans: full})}, "", 0},
		{"attempts are repeated", []change{texts(text), batch(full), sent(large), func(s *snapshot.Snapshot) { s.Counts[0].Calls = 1 }}, "", 0},
		{"part of one was rejected", []change{texts(text), batch(full), sent(snapshot.Operation{Spans: full, Failed: 3})}, "", 0},
		{"only small ones fail", []change{texts(text), batch(full), sent(refused)}, "", 0},
		{"of short texts", []change{texts(1000), batch(full), sent(large)}, "", 0},
		{"texts are not known", []change{batch(full), sent(large)}, "", 0},
		{"batches are small enough", []change{texts(text), batch(200), sent(large)}, "", 0},
		{"over HTTP", []change{texts(text), batch(full), sent(large), func(s *snapshot.Snapshot) { s.Exports[0].Component = "otlp_http_span_exporter" }}, "", 0},
		{"one span is too large", []change{texts(5 << 20), batch(full), sent(large)}, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lately []snapshot.Snapshot
			for i := range history.MinIntervals {
				lately = append(lately, second(i, test.changes...))
			}
			r := judgeExportErrors(newSeen(lately, report.Limits{}.OrDefault()))
			first := r.advice[0]
			if got := first.Env["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"]; got != test.batch {
				t.Fatalf("batch %q, want %q: %+v", got, test.batch, r)
			}
			if said := strings.Contains(r.title, "gRPC accepts only 4.2 MB"); said != (test.batch != "") {
				t.Errorf("title %q", r.title)
			}
			if got, promised := first.Expected["spans.failed_share"]; promised != (test.batch != "") || math.Abs(got-test.left) > 1e-9 {
				t.Errorf("expected %v failed, want %v", got, test.left)
			}
		})
	}
}
