package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestMemoryGrowthNamesWhatGrows has growing memory, and something of tracing that does or
// does not.
func TestMemoryGrowthNamesWhatGrows(t *testing.T) {
	ended := leak{Leak: report.Leak{Function: "main.a", Followed: 500, NeverEnded: &estimate.Estimate{}, Abandoned: &estimate.Estimate{}, HeldOpen: &estimate.Estimate{}}}
	held := leak{Leak: report.Leak{Function: "main.b", Followed: 500, NeverEnded: estimate.Proportion(0.2, 500), Abandoned: &estimate.Estimate{}, HeldOpen: estimate.Proportion(0.2, 500)}, held: 100}
	processors := func(n ...int) (parts []history.Interval) {
		for _, n := range n {
			parts = append(parts, history.Interval{Snapshot: snapshot.Snapshot{Processors: make([]snapshot.Processor, n)}})
		}
		return parts
	}
	overflowing := processors(64, 64)
	overflowing[1].Others.Processors = 39
	recorded := processors(1, 1)
	recorded[1].Exports = []snapshot.Exporter{{Component: "otlp_grpc_span_exporter"}, {Component: "example.com/spans.Recorder"}}
	var rising []estimate.Point
	for n := range 30 {
		rising = append(rising, estimate.Point{X: float64(n), Y: float64(1000 * n)})
	}
	var tracers snapshot.Names
	for n := range 1000 {
		tracers.Add(snapshot.Name{Scope: strings.Repeat("x", n%60) + string(rune('a'+n/60)), Name: "call", Read: 1, Spans: 1})
	}
	tracers.Squares = 1000
	kept := processors(1, 1)
	kept[1].Kept = snapshot.Kept{Looked: true, Age: time.Hour, Lists: []snapshot.KeptList{{
		KeptReading: snapshot.KeptReading{Where: "main.audit.spans", Exported: true, Entries: 1_080_000}, Before: 900_000, Rising: 10 * time.Minute,
	}}}
	living := func(kind string) []history.Interval {
		parts := processors(1, 1)
		for i := range uint64(6) {
			parts[1].Goroutines.Readings = append(parts[1].Goroutines.Readings, snapshot.GoroutineReading{
				At: testsnapshot.Begin.Add(time.Duration(i) * 10 * time.Second), Listed: 900, Looked: 900, Living: []snapshot.LivingKind{{Kind: kind, Count: 10 * i}},
			})
		}
		return parts
	}
	tests := []struct {
		name, title, advice string
		past                history.Past
		leaks               []leak
	}{
		{"held spans", "spans are held open", "end the spans started at main.b", history.Past{Intervals: processors(1, 1)}, []leak{ended, held}},
		{"spans that are kept", "about 28.8 MB per minute of it are spans that main.audit.spans keeps", "empty it after each export", history.Past{Intervals: kept}, []leak{ended}},
		{"processors", "the number of span processors grows: 5 → 9", "Shutdown", history.Past{Intervals: processors(5, 7, 9)}, []leak{ended}},
		{"processors beyond those listed", "the number of span processors grows: 64 → 103", "Shutdown", history.Past{Intervals: overflowing}, []leak{ended}},
		{"processors that live", "the number of batch span processors grows: 0 → 50", "once per program", history.Past{Intervals: living("batch span processor")}, []leak{ended}},
		{"connections, which may be of anything", "no spans are held open", "heap profiles", history.Past{Intervals: living("HTTP client connection")}, []leak{ended}},
		{"tracers", "tracers or instruments are created without end", "fixed name", history.Past{Intervals: processors(1, 1), Names: tracers}, []leak{ended}},
		{"the queue", "the queue grows by 1000 spans", "export", history.Past{Intervals: processors(1, 1), Queue: rising}, []leak{ended}},
		{"nothing of tracing", "no spans are held open", "heap profiles", history.Past{Intervals: processors(1, 1)}, []leak{ended}},
		{"an exporter that may keep spans", "no spans are held open", "example.com/spans.Recorder keeps", history.Past{Intervals: recorded}, []leak{ended}},
		{"nothing known", "MB per minute", "not known yet", history.Past{Intervals: processors(1, 1)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := facts{Past: test.past, lately: test.past.Last().Snapshot, limits: report.Limits{}.OrDefault(), wholeWatch: wholeWatch{leaks: test.leaks}}
			s.memory = memoryTrend{growth: &estimate.Estimate{Value: 30e6}, leak: true, judged: true, rss: 100e6}
			v := judgeMemoryGrowth(s)
			if v.state != present || !strings.Contains(v.title, test.title) || len(v.advice) != 1 || !strings.Contains(v.advice[0].Title, test.advice) {
				t.Errorf("%q, %+v; want %q, and advice with %q", v.title, v.advice, test.title, test.advice)
			}
			if test.name != "held spans" && strings.Contains(v.advice[0].Title, "span.End") {
				t.Errorf("advice %q, but no span is held", v.advice[0].Title)
			}
		})
	}
}

// TestPartsOfGrowth adds up what is known of a growth of 30 MB a minute.
func TestPartsOfGrowth(t *testing.T) {
	var rising []estimate.Point
	for n := range 30 {
		rising = append(rising, estimate.Point{X: float64(n), Y: float64(50 * n)})
	}
	parts := []history.Interval{{Snapshot: snapshot.Snapshot{Kept: snapshot.Kept{Lists: []snapshot.KeptList{
		{KeptReading: snapshot.KeptReading{Exported: true, Entries: 12_500}, Before: 500, Rising: time.Minute},
		{KeptReading: snapshot.KeptReading{Read: 16, Open: 16, Entries: 90_000}, Rising: time.Minute}, // open spans are no ended ones
	}}}}}
	s := facts{Past: history.Past{Intervals: parts, Queue: rising}}
	evidence := map[string]float64{}
	s.addParts(evidence, 30e6)
	want := map[string]float64{
		"kept_bytes_per_minute": 12_000 * 1600, "queue_bytes_per_minute": 60 * 50 * 1600,
		"other_bytes_per_minute": 30e6 - 15_000*1600, keptShare: 0.64,
	}
	if diff := cmp.Diff(want, evidence, cmpopts.EquateApprox(0, 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
