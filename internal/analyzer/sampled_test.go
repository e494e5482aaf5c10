package analyzer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func TestSampledIsAPartOfStarted(t *testing.T) {
	count := func(probe string, calls uint64, whole bool) snapshot.Count {
		return snapshot.Count{Probe: probe, Calls: calls, Whole: whole}
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
				testsnapshot.Processor(testsnapshot.ProcessorA, testsnapshot.ProcessorA, snapshot.Reading{}, snapshot.Reading{}, 1000),
			}}).Spans.Sampled
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSampledShare(t *testing.T) {
	counts := func(starts, recording uint64, whole bool) []snapshot.Count {
		return []snapshot.Count{{Probe: "start", Calls: starts, Whole: whole}, {Probe: "recording", Calls: recording, Whole: whole}}
	}
	for _, test := range []struct {
		name   string
		counts []snapshot.Count
		want   *estimate.Estimate
	}{
		{"counted throughout", counts(400, 100, true), &estimate.Estimate{Value: 0.25, Low: 0.25, High: 0.25, N: 400, Exact: true}},
		{"in windows", counts(400, 100, false), estimate.Proportion(0.25, 400)},
		{"nothing started", counts(0, 0, true), nil},
		{"recorded spans are not counted", counts(400, 100, true)[:1], nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Analyze(snapshot.Snapshot{Counts: test.counts}).Spans.SampledShare); diff != "" {
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
		rates     []float64 // of the windows
		want      float64   // 0: not claimed
		low, high float64
	}{
		{"even", 4000, []float64{1000, 1000}, 10_000, 9_600, 10_400},
		{"uneven", 4000, []float64{990, 1010}, 10_000, 8_600, 11_400},
		{"idle, and busy for a short time", 2000, []float64{0, 20_000}, 100_000, 2_000, 1.5e6},
		{"idle half of the time", 400, []float64{0, 100, 0, 100, 0, 100, 0, 100}, 500, 400, 960},
		{"more in a window under way", 2000, []float64{100, 100}, 2000, 2000, 2100},
		{"idle but for a window under way", 2000, []float64{0, 0}, 0, 0, 0},
		{"as dense as can be", 100_000, []float64{100_000, 100_000}, 0, 0, 0},
		{"slowed by a third", 50_000, []float64{50_000, 50_000}, 500_000, 490_000, 750_000},
		{"too few", 29, []float64{15, 15}, 0, 0, 0},
		{"one window", 2000, []float64{1000}, 0, 0, 0},
		{"no window", 0, nil, 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var rates snapshot.Rates
			for _, rate := range test.rates {
				rates.Add(rate)
			}
			got := Analyze(snapshot.Snapshot{
				Elapsed: 10 * time.Second,
				Counts:  []snapshot.Count{{Probe: "start", Calls: test.calls, Rates: rates}, {Probe: "end"}},
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
