package analyzer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// simple is a target whose 1,000 spans, a quarter of them requests, are exported
// on their callers' goroutines, 1 ms each.
func simple() snapshot.Snapshot {
	return snapshot.Snapshot{
		Counts:  []snapshot.Count{{Probe: "start", Calls: 1000, Whole: true}},
		Exports: []snapshot.Exporter{{Operations: 1000, Sync: 1000, Blocked: time.Second, Latest: []snapshot.Operation{{Duration: time.Millisecond, Spans: 1}}}},
		Names: snapshot.Names{List: []snapshot.Name{
			{Name: "request", Read: 25, Spans: 250, LocalRoots: 250}, {Name: "part", Read: 75, Spans: 750},
		}, Squares: 10_000},
		Elapsed: time.Second,
	}
}

func TestWhatARequestPays(t *testing.T) {
	roots := estimate.Counted(1000).By(*estimate.Proportion(0.25, 100))
	tests := []struct {
		name           string
		change         func(*snapshot.Snapshot)
		roots, blocked *estimate.Estimate
	}{
		{"blocked by every export", func(*snapshot.Snapshot) {}, roots, estimate.Around(1e6, 0, 1000).Per(*roots)},
		{"exported by a batch processor", func(s *snapshot.Snapshot) { s.Exports[0].Sync, s.Exports[0].Blocked = 0, 0 }, roots, estimate.Counted(0)},
		{"nothing is exported by a batch processor", func(s *snapshot.Snapshot) { s.Exports, s.Processors = nil, make([]snapshot.Processor, 1) }, roots, estimate.Counted(0)},
		{"no export seen", func(s *snapshot.Snapshot) { s.Exports = nil }, roots, nil},
		{"exported by a processor of its own", func(s *snapshot.Snapshot) { s.Exports[0].Foreign = 1 }, roots, nil},
		{"a processor blocks", func(s *snapshot.Snapshot) {
			s.Processors = []snapshot.Processor{{Settings: snapshot.Settings{Blocking: true}}}
		}, roots, nil},
		{"exports are not counted", func(s *snapshot.Snapshot) { s.Missing = []snapshot.Missing{{What: "export", Why: "shut"}} }, roots, nil},
		{"some exports were seen", func(s *snapshot.Snapshot) {
			s.Missing = []snapshot.Missing{{What: "export", Why: "shut"}}
			op := s.Exports[0].Latest[0]
			s.Exports[0].Operations, s.Exports[0].Sync, s.Exports[0].Latest = 3, 3, []snapshot.Operation{op, op, op}
			s.Counts = append(s.Counts, snapshot.Count{Probe: "recording", Calls: 1000, Whole: true})
		}, roots, estimate.Around(1000, 0, 3).By(*estimate.Counted(1000)).Per(*roots)},
		{"records were lost", func(s *snapshot.Snapshot) { s.Probing.Lost = 1 }, roots, nil},
		{"starts are not counted", func(s *snapshot.Snapshot) { s.Counts = nil }, nil, nil},
		{"no span read", func(s *snapshot.Snapshot) { s.Names = snapshot.Names{} }, nil, nil},
		{"no span started", func(s *snapshot.Snapshot) { s.Counts[0].Calls = 0 }, estimate.Counted(0).By(*estimate.Proportion(0.25, 100)), nil},
		{"no root", func(s *snapshot.Snapshot) { s.Names.List[0].LocalRoots = 0 }, estimate.Counted(1000).By(*estimate.Proportion(0, 100)), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := simple()
			test.change(&s)
			r := Analyze(s)
			want := report.Request{RootSpans: test.roots, BlockedUS: test.blocked}
			if diff := cmp.Diff(want, r.Request, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCostOfARequest shares the cost of tracing out among the requests.
func TestCostOfARequest(t *testing.T) {
	s := simple()
	s.Process.CPU = time.Second
	s.Samples = snapshot.Samples{Hz: 999, Stacks: []snapshot.Stack{
		testsnapshot.Stack(900, "main.work", "main.main"),
		testsnapshot.Stack(100, "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End", "main.work"),
	}}
	r := Analyze(s)
	// A tenth of a second for 250 requests.
	if c := r.Request.CostUS; c == nil || c.Value != r.Spans.CostUS.Value*4 || c.Low >= 400 || c.High <= 400 {
		t.Errorf("a request costs %+v, a span %+v", c, r.Spans.CostUS)
	}
}
