package whatif

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// batchesOf is a minute of a load whose exports, of one batch each, take so long.
func batchesOf(rate uint64, batch int, took time.Duration) Load {
	var load Load
	for range 60 {
		load.Intervals = append(load.Intervals, Interval{time.Second, rate})
	}
	for range 2000 {
		load.Exports = append(load.Exports, Export{batch, took})
	}
	return load
}

// TestABatchOfOneIsForecast replays three million exports: what it drops and how long
// the queue gets follows from the rates, and all that an advice asks for is within the
// steps.
func TestABatchOfOneIsForecast(t *testing.T) {
	for _, test := range []struct {
		name  string
		rate  uint64
		took  time.Duration
		drops float64
	}{
		{"10,000/s, exports of 150 µs", 10_000, 150 * time.Microsecond, 1 - 1/1.5},
		{"50,000/s, exports of 30 µs", 50_000, 30 * time.Microsecond, 1 - 1/1.5},
		{"50,000/s, exports of 10 µs", 50_000, 10 * time.Microsecond, 0},
		{"500,000/s, exports of 5 µs", 500_000, 5 * time.Microsecond, 0.6},
	} {
		t.Run(test.name, func(t *testing.T) {
			current := snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 1, BatchTimeout: 5 * time.Second, ExportTimeout: 30 * time.Second}
			r, err := NewReplay(batchesOf(test.rate, 1, test.took))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Calibrate(current, test.drops, 2048); err != nil {
				t.Fatal(err)
			}
			now, err := r.Simulate(current)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(now.Expected.Drops-test.drops) > 0.02 || now.Confirm(test.drops) != nil {
				t.Errorf("drops %v (%v to %v), want %v", now.Expected.Drops, now.Best.Drops, now.Worst.Drops, test.drops)
			}
			if _, err := r.Search(current, 1000, 256<<20); err != nil && !errors.Is(err, ErrExportsAreTheLimit) {
				t.Error(err)
			}
		})
	}
}

// hostile is a load and settings as nobody has them, but as memory or a recording may
// claim them.
func hostile(random *rand.Rand) (Load, snapshot.Settings) {
	number := func() uint64 { return random.Uint64() >> random.IntN(64) }
	duration := func() time.Duration { return time.Duration(number()) }
	load := Load{Together: int(number()), Backlog: int(number())}
	for range random.IntN(100) {
		load.Intervals = append(load.Intervals, Interval{duration(), number()})
	}
	if random.IntN(2) == 0 { // else it is nearly always too much
		for i := range load.Intervals {
			load.Intervals[i] = Interval{time.Duration(random.Int64N(int64(2 * time.Second))), number() >> 32}
		}
	}
	for range random.IntN(1000) {
		load.Exports = append(load.Exports, Export{int(number()), duration()})
	}
	return load, snapshot.Settings{MaxQueueSize: number(), MaxExportBatchSize: number() >> 40, BatchTimeout: duration(), ExportTimeout: duration()}
}

// FuzzHostileSettings forecasts whatever may be claimed: within the steps, and a share is a
// share.
func FuzzHostileSettings(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		defer fuzzlimit.Watch(t)()
		random := rand.New(rand.NewPCG(seed, 7))
		load, current := hostile(random)
		r, err := NewReplay(load)
		if err != nil {
			return
		}
		_ = r.Calibrate(current, random.Float64(), random.Uint64())
		checkForecast(t)(r.Simulate(current))
		checkForecast(t)(r.Search(current, random.Uint64(), random.Uint64()))
		checkForecast(t)(r.FitBatch(current, time.Duration(random.Uint64())))
		if r.left < -mostSteps {
			t.Errorf("%d steps, want no more than %d", mostSteps-r.left, 2*mostSteps)
		}
	})
}

func checkForecast(t *testing.T) func(*Forecast, error) {
	return func(f *Forecast, err error) {
		t.Helper()
		if err != nil {
			return
		}
		for _, o := range []Outcome{f.Expected, f.Best, f.Worst} {
			if !(0 <= o.Drops && o.Drops <= 1 && 0 <= o.Busy && o.Busy <= 1 && o.MeanBatch >= 0 && o.Took.P99 >= 0) {
				t.Errorf("impossible: %+v", o)
			}
		}
	}
}

// TestTheLieOfABillionDropsIsForecastInTime is what a process may claim whose forecast
// once took for ever.
func TestTheLieOfABillionDropsIsForecastInTime(t *testing.T) {
	for _, took := range []time.Duration{0, 1, time.Millisecond} {
		current := snapshot.Settings{MaxQueueSize: 1 << 30, MaxExportBatchSize: 1, BatchTimeout: time.Second}
		r, err := NewReplay(batchesOf(70_000_000, 1, took))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Calibrate(current, 1, 5)
		_, _ = r.Simulate(current)
		_, _ = r.Search(current, 1000, 1<<40)
		if spent := mostSteps - r.left; spent > mostSteps+runSteps {
			t.Errorf("exports of %v: %d steps, want no more than %d", took, spent, mostSteps+runSteps)
		}
	}
}
