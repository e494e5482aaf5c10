package analyzer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestSampledIsAPartOfStarted(t *testing.T) {
	count := func(probe string, calls uint64, whole bool) snapshot.Count {
		return snapshot.Count{Probe: probe, Calls: calls, Open: time.Second, Whole: whole}
	}
	windows := func(starts, recording, ends uint64) []snapshot.Count {
		return []snapshot.Count{count("start", starts, false), count("recording", recording, false), count("end", ends, false)}
	}
	started := estimate.Counted(1000).Scale(400, 100)
	tests := []struct {
		name   string
		counts []snapshot.Count
		want   *estimate.Estimate
	}{
		{"counted throughout", []snapshot.Count{count("recording", 23, true)}, estimate.Counted(23)},
		{"a quarter in windows", windows(400, 100, 100), started.By(*estimate.Proportion(0.25, 400)).Within(0, started.High)},
		{"none in windows", windows(400, 0, 100), started.By(*estimate.Proportion(0, 400)).Within(0, started.High)},
		{"more than started, at a window's edge", windows(400, 401, 100), started.By(*estimate.Proportion(1, 400)).Within(0, started.High)},
		{"nothing started in windows", windows(0, 0, 0), nil},
		{"not counted", windows(400, 0, 100)[:1], nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Analyze(snapshot.Snapshot{Counts: test.counts, Processors: []snapshot.Processor{
				processor(processorA, processorA, snapshot.Reading{}, snapshot.Reading{}, 1000),
			}}).Spans.Sampled
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestStartedByRate has starts in windows and no end.
func TestStartedByRate(t *testing.T) {
	tests := []struct {
		name      string
		calls     uint64
		open      time.Duration
		want      float64 // 0: not claimed
		low, high float64
	}{
		{"a fifth of the time", 2000, 2 * time.Second, 10_000, 9_500, 10_600},
		{"all the time", 2000, 10 * time.Second, 2000, 2000, 2100},
		{"a window as dense as can be", 100_000, time.Second, 0, 0, 0},
		{"slowed by a third", 50_000, time.Second, 500_000, 490_000, 750_000},
		{"too few", 29, 2 * time.Second, 0, 0, 0},
		{"no window", 0, 0, 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Analyze(snapshot.Snapshot{
				Elapsed: 10 * time.Second,
				Counts:  []snapshot.Count{{Probe: "start", Calls: test.calls, Open: test.open}, {Probe: "end", Open: test.open}},
			}).Spans.Started
			if test.want == 0 {
				if got != nil {
					t.Errorf("%+v is claimed", got)
				}
				return
			}
			if got == nil || got.Value != test.want || got.Exact || got.Low < test.low || got.High > test.high || got.Low > test.want || got.High <= test.want {
				t.Errorf("got %+v, want %v, bounds within %v and %v", got, test.want, test.low, test.high)
			}
		})
	}
}
