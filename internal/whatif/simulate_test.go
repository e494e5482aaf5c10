package whatif

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// steady is a load of seconds × rate spans, whose exports of batch spans take
// one duration each.
func steady(seconds, rate, batch int, duration time.Duration) Load {
	intervals := make([]Interval, 10*seconds)
	for i := range intervals {
		intervals[i] = Interval{Length: 100 * time.Millisecond, Spans: uint64(rate / 10)}
	}
	return Load{Intervals: intervals, Exports: []Export{{Spans: batch, Duration: duration}}}
}

func settings(queue, batch uint64, timeout time.Duration) snapshot.Settings {
	return snapshot.Settings{MaxQueueSize: queue, MaxExportBatchSize: batch, BatchTimeout: timeout}
}

func TestSimulate(t *testing.T) {
	tests := []struct {
		name     string
		load     Load
		settings snapshot.Settings
		want     Outcome // Took is not compared
	}{
		// 512 spans in 100 ms are 5,120 a second, half of what ends.
		{"twice too many", steady(60, 10_240, 512, 100*time.Millisecond), settings(2048, 512, 5*time.Second),
			Outcome{Drops: 0.5, QueuePeak: 2048, MeanBatch: 512, Busy: 1}},
		// An export takes 50 ms, in which 256 ± 16 spans end; the peak is of 600
		// exports, some four deviations up.
		{"half busy", steady(60, 5120, 512, 50*time.Millisecond), settings(2048, 512, 5*time.Second),
			Outcome{QueuePeak: 256 + 4*16, MeanBatch: 512, Busy: 0.5}},
		// A batch fills in 10 s, but the timer fires every second.
		{"the timer exports", steady(60, 50, 50, 10*time.Millisecond), settings(2048, 500, time.Second),
			Outcome{QueuePeak: 2, MeanBatch: 50, Busy: 0.01}},
		// The timer fires during each export: then every other batch is of the
		// few spans that select took before the timer, and takes as long.
		{"the delay is shorter than an export", steady(60, 10_240, 512, 100*time.Millisecond), settings(2048, 512, 50*time.Millisecond),
			Outcome{Drops: 0.75, QueuePeak: 2048, MeanBatch: 257, Busy: 1}},
		{"no spans", steady(60, 0, 512, time.Second), settings(2048, 512, time.Second), Outcome{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			forecast, err := simulate(test.load, test.settings)
			if err != nil {
				t.Fatal(err)
			}
			got, want := forecast.Expected, test.want
			near := func(what string, got, want, within float64) {
				if math.Abs(got-want) > within {
					t.Errorf("%s: got %v, want %v ± %v", what, got, want, within)
				}
			}
			near("drops", got.Drops, want.Drops, 0.03)
			near("queue peak", float64(got.QueuePeak), float64(want.QueuePeak), 3+0.1*float64(want.QueuePeak))
			near("mean batch", got.MeanBatch, want.MeanBatch, 1+0.1*want.MeanBatch)
			near("busy", got.Busy, want.Busy, 0.02)
		})
	}
}

func TestExportsAreCutOffAtTheTimeout(t *testing.T) {
	limited := settings(2048, 512, time.Second)
	limited.ExportTimeout = 50 * time.Millisecond
	forecast, err := simulate(steady(10, 1000, 512, 100*time.Millisecond), limited)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := forecast.Expected.Took.P95, limited.ExportTimeout; (got - want).Abs() > want/50 {
		t.Errorf("an export took %v, want %v", got, want)
	}
}

func TestABacklogIsExportedFirst(t *testing.T) {
	load := steady(10, 0, 100, 100*time.Millisecond)
	load.Backlog = 1000
	forecast, err := simulate(load, settings(2000, 100, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	got := forecast.Expected
	if got.Drops != 0 || got.QueuePeak != 900 || got.MeanBatch != 100 {
		t.Errorf("got %+v, want 10 exports in 10 s and a peak of 900", got)
	}
}

func TestSimulateIsDeterministic(t *testing.T) {
	load := steady(10, 10_000, 512, 100*time.Millisecond)
	first, _ := simulate(load, settings(1000, 300, 70*time.Millisecond))
	second, _ := simulate(load, settings(1000, 300, 70*time.Millisecond))
	if !reflect.DeepEqual(first, second) {
		t.Errorf("got %+v, then %+v", first, second)
	}
}

func TestSimulateRefuses(t *testing.T) {
	good, fine := steady(1, 10, 10, time.Second), settings(10, 10, time.Second)
	tests := []struct {
		name     string
		load     Load
		settings snapshot.Settings
		want     error // nil: any
	}{
		{"no intervals", Load{Exports: good.Exports}, fine, ErrNoTime},
		{"intervals of no length", Load{Intervals: []Interval{{Spans: 7}}, Exports: good.Exports}, fine, ErrNoTime},
		{"no exports", Load{Intervals: good.Intervals}, fine, ErrNoExports},
		{"empty exports only", Load{Intervals: good.Intervals, Exports: []Export{{Duration: 1}}}, fine, ErrNoExports},
		{"more spans than there can be", Load{Intervals: []Interval{{time.Second, 1 << 62}}, Exports: good.Exports}, fine, ErrTooMuch},
		{"a year", Load{Intervals: []Interval{{365 * 24 * time.Hour, 7}}, Exports: good.Exports}, fine, ErrTooMuch},
		{"no queue", good, settings(0, 10, time.Second), nil},
		{"no batch", good, settings(10, 0, time.Second), nil},
		{"no delay", good, settings(10, 10, 0), nil},
		{"a queue beyond all memory", good, settings(1<<63, 10, time.Second), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := simulate(test.load, test.settings)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got error %v, want %v", err, test.want)
			}
		})
	}
}

// TestWorkIsBounded replays a million spans a second and a timer of 1 ns.
func TestWorkIsBounded(t *testing.T) {
	load := steady(600, 1_000_000, 512, time.Millisecond)
	if n := len(load.arrivals(1, nil)); n > maxArrivals+len(load.Intervals) {
		t.Errorf("%d steps", n)
	}
	if _, err := simulate(load, settings(2048, 512, 1)); err != nil {
		t.Error(err)
	}
}

// TestABurstAtOnce ends 440 spans in one go, before a processor that waits gets to
// run: it is handed one, and the queue takes what it holds. At best it takes a
// batch meanwhile.
func TestABurstAtOnce(t *testing.T) {
	load := Load{Together: 440, Exports: []Export{{Spans: 60, Duration: 5 * time.Millisecond}}}
	for range 15 {
		load.Intervals = append(load.Intervals, Interval{Length: time.Second, Spans: 440})
	}
	forecast, err := simulate(load, settings(89, 60, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := forecast.Expected.Drops, 1-90.0/440; math.Abs(got-want) > 1e-9 || forecast.Expected.QueuePeak != 89 {
		t.Errorf("drops %v, a peak of %d, want %v and 89", got, forecast.Expected.QueuePeak, want)
	}
	if got, want := forecast.Best.Drops, 1-149.0/440; math.Abs(got-want) > 0.04 {
		t.Errorf("at best drops of %v, want about %v", got, want)
	}
}
