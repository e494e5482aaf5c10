package analyzer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// logged is a target whose batch log processor exported 900 records, told that it had dropped
// 60, has dropped 7 more, and holds 25 more than before.
func logged() snapshot.Snapshot {
	return snapshot.Snapshot{
		Counts: []snapshot.Count{{Probe: "emit", Calls: 11}}, // in a window
		Pipelines: []snapshot.Pipeline{{Signal: snapshot.Logs, Records: 900, Dropped: 60, Exporters: []snapshot.SignalExporter{{
			Queue: snapshot.LogQueue{
				Capacity: 2048, Peak: 100,
				Before: snapshot.LogReading{Queue: 4, Held: 5, Dropped: 3}, After: snapshot.LogReading{Queue: 20, Held: 30, Dropped: 10},
			},
		}}}},
	}
}

func TestLogsByConservation(t *testing.T) {
	slack := func(s *snapshot.Snapshot) *snapshot.LogQueue { return &s.Pipelines[0].Exporters[0].Queue }
	for _, test := range []struct {
		name                          string
		change                        func(*snapshot.Snapshot)
		created, notExported, dropped *estimate.Estimate
	}{
		{"all is known", func(*snapshot.Snapshot) {}, estimate.Counted(992), estimate.Counted(92), estimate.Counted(67)},
		{"counted too", func(s *snapshot.Snapshot) { s.Counts[0].Calls, s.Counts[0].Whole = 991, true }, estimate.Counted(991), estimate.Counted(91), estimate.Counted(67)},
		{"read while busy", func(s *snapshot.Snapshot) { slack(s).After.Slack = 4 }, estimate.GiveOrTake(992, 4), &estimate.Estimate{Value: 92, Low: 88, High: 96, N: 992}, estimate.Counted(67)},
		{"found late", func(s *snapshot.Snapshot) { slack(s).Before.DropSlack = 3 }, estimate.GiveOrTake(992, 3), &estimate.Estimate{Value: 92, Low: 89, High: 95, N: 992}, estimate.GiveOrTake(67, 3)},
		{"told while it was read", func(s *snapshot.Snapshot) { slack(s).After.DropSlack = 3 }, estimate.GiveOrTake(992, 3), &estimate.Estimate{Value: 92, Low: 89, High: 95, N: 992}, estimate.GiveOrTake(67, 3)},
		{"a flush failed", func(s *snapshot.Snapshot) { slack(s).Unsure = 3 }, estimate.GiveOrTake(992, 3), &estimate.Estimate{Value: 92, Low: 89, High: 95, N: 992}, estimate.Counted(67)},
		{"flushes are not observed", func(s *snapshot.Snapshot) { s.Gaps = []snapshot.Missing{{What: "flushes", Why: "budget"}} }, nil, nil, estimate.Counted(67)},
		{"the end was not read", func(s *snapshot.Snapshot) { slack(s).After.Unread = true }, nil, nil, nil},
		{"the beginning was not read", func(s *snapshot.Snapshot) { slack(s).Before.Unread = true }, nil, nil, nil},
		{"a processor is not known", func(s *snapshot.Snapshot) {
			s.Pipelines[0].Exporters = append(s.Pipelines[0].Exporters, snapshot.SignalExporter{})
		}, nil, nil, nil},
		{"drops are not observed", func(s *snapshot.Snapshot) { s.Gaps = []snapshot.Missing{{What: "pipelines.dropped", Why: "budget"}} }, nil, nil, nil},
		{"exports are not observed", func(s *snapshot.Snapshot) { s.Gaps = []snapshot.Missing{{What: "pipelines", Why: "budget"}} }, nil, nil, nil},
		{"records were lost", func(s *snapshot.Snapshot) { s.Probing.Lost = 1 }, nil, nil, estimate.Counted(67)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := logged()
			test.change(&s)
			created, notExported := LogRecords(s)
			if diff := cmp.Diff([]*estimate.Estimate{test.created, test.notExported, test.dropped}, []*estimate.Estimate{created, notExported, LogsDropped(s)}); diff != "" {
				t.Errorf("created, not exported, dropped (-want +got):\n%s", diff)
			}
		})
	}
}
