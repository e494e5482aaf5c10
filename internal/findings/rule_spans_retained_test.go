package findings

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestSpansRetained judges lists of spans by how they grow.
func TestSpansRetained(t *testing.T) {
	const minute, hour = time.Minute, time.Hour
	list := func(entries, before uint64, rising, still time.Duration, falls uint64) snapshot.KeptList {
		return snapshot.KeptList{
			KeptReading: snapshot.KeptReading{Where: "main.recorder.spans", Of: "trace.ReadOnlySpan", Entries: entries, Read: 16},
			Before:      before, Rising: rising, Still: still, Falls: falls,
		}
	}
	open := list(3000, 0, minute, time.Second, 0)
	open.Open = 12
	unknown := list(3000, 0, minute, time.Second, 0)
	unknown.Read = 0
	exported := unknown
	exported.Exported = true
	stub := exported
	stub.Where = "go.opentelemetry.io/otel/sdk/trace/tracetest.InMemoryExporter.ss"
	for _, test := range []struct {
		name  string
		list  snapshot.KeptList
		age   time.Duration
		want  string // severity; "" if there is no finding
		title string
	}{
		{"since the start", list(3000, 0, minute, time.Second, 0), minute, report.Warning, "main.recorder.spans keeps spans for good: 3,000 entries, 50 more per second, about 4.8 MB"},
		{"since long before the attach", list(180_000, 177_000, minute, time.Second, 0), hour, report.Warning, "main.recorder.spans keeps spans for good: 180,000 entries, 50 more"},
		{"very many", list(300_000, 0, minute, time.Second, 0), minute, report.Critical, "main.recorder.spans keeps spans for good: 300,000 entries, 5000 more per second"},
		{"in an exporter", exported, minute, report.Warning, "main.recorder.spans keeps spans for good: 3,000 entries"},
		{"an in-memory exporter", stub, minute, report.Warning, "go.opentelemetry.io/otel/sdk/trace/tracetest.InMemoryExporter.ss keeps spans for good"},
		{"for a short time", list(900, 0, 18*time.Second, time.Second, 0), minute, "", ""},
		{"a few", list(90, 0, minute, time.Second, 0), minute, "", ""},
		{"no more", list(3000, 0, minute, 16*time.Second, 0), minute, "", ""},
		{"emptied before the attach", list(3000, 0, minute, time.Second, 0), hour, "", ""},
		{"emptied, and grows since", list(3000, 0, minute, time.Second, 1), minute, "", ""},
		{"emptied, and grows for long", list(30_000, 0, 10*minute, time.Second, 1), hour, report.Warning, "main.recorder.spans keeps spans for good: 30,000 entries"},
		{"a bounded buffer", list(80_000, 80_000, minute, minute, 0), hour, "", ""},
		{"open spans", open, minute, "", ""},
		{"spans of which it is not known whether they are open", unknown, minute, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := judged(report.Limits{}, steadily(func(s *snapshot.Snapshot) {
				s.Kept = snapshot.Kept{Looked: true, Age: test.age, Lists: []snapshot.KeptList{test.list}}
			})...)
			wantFinding(t, r, "spans-retained", test.want, test.title)
		})
	}
}
