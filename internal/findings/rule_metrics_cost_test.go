package findings

import (
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestMetricsCostClears when metrics have not taken the CPU for a minute.
func TestMetricsCostClears(t *testing.T) {
	var costly []snapshot.Snapshot
	for n := range 10 {
		costly = append(costly, second(n, sampling(testsnapshot.Stack(80, "main.count", metricReader), testsnapshot.Stack(920, app))))
	}
	if got := active(judged(report.Limits{}, costly...)); !slices.Contains(got, "warning metrics-cost") {
		t.Errorf("findings %q, want metrics-cost", got)
	}
	for n := range 90 {
		costly = append(costly, second(10+n, sampling(testsnapshot.Stack(1000, app))))
	}
	if got := active(judged(report.Limits{}, costly...)); slices.Contains(got, "warning metrics-cost") {
		t.Errorf("findings %q a while after", got)
	}
}

// TestGrowingMetrics exports metrics each second, with as many data points as the rows say.
func TestGrowingMetrics(t *testing.T) {
	exporting := func(points func(n int) int) []snapshot.Snapshot {
		var all []snapshot.Snapshot
		for n := range 60 {
			all = append(all, second(n, func(s *snapshot.Snapshot) {
				e := snapshot.SignalExporter{Address: 0xc000111000, Exported: uint64(points(n))}
				e.Durations.Add(time.Millisecond)
				s.Pipelines = []snapshot.Pipeline{{Signal: snapshot.Metrics, Records: e.Exported, Exporters: []snapshot.SignalExporter{e}}}
				s.Pipelines[0].Calls.Add(time.Millisecond, false)
				if n >= 40 { // these fail, which is no growth
					failed := &s.Pipelines[0].Exporters[0]
					failed.Failures.Add(time.Millisecond)
					failed.Failed = failed.Exported
				}
			}))
		}
		return all
	}
	for _, test := range []struct {
		name   string
		points func(n int) int
		raised bool
	}{
		{"many sets, bounded", func(int) int { return 20_000 }, false},
		{"ever more sets", func(n int) int { return 1000 + 100*n }, true},
		{"sets that fill up", func(n int) int { return 1000 + 100*min(n, 20) }, false},
		{"a few more", func(n int) int { return 10 + n }, false},
		{"fewer", func(n int) int { return 10_000 - 100*n }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := active(judged(report.Limits{}, exporting(test.points)...))
			if slices.Contains(got, "warning high-cardinality") != test.raised {
				t.Errorf("findings %q", got)
			}
		})
	}
}
