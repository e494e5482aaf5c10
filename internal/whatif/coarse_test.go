package whatif

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCoarseIntervalsHideBursts replays bursts of 100 ms from what is seen of
// them in ever longer intervals: it should drop ever fewer spans than the real
// processor did, never more.
func TestCoarseIntervalsHideBursts(t *testing.T) {
	bursts := programs[2]
	var rows []string
	for _, settings := range bursts.settings {
		var real measured
		synctest.Test(t, func(*testing.T) { real, _ = run(bursts, settings, gridLength) })
		row := fmt.Sprintf("| %d / %d | %.1f, %d", settings.MaxQueueSize, settings.MaxExportBatchSize, 100*real.drops, real.peak)
		for _, interval := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, time.Second} {
			load := real.load
			load.Intervals = coarser(load.Intervals, interval)
			replayed := mustForecast(t, load, settings).Expected
			row += fmt.Sprintf(" | %.1f, %d", 100*replayed.Drops, replayed.QueuePeak)
			if replayed.Drops > real.drops+0.02 {
				t.Errorf("%v: replayed drops %v, really %v", interval, replayed.Drops, real.drops)
			}
		}
		rows = append(rows, row+" |")
	}
	table := strings.Join(rows, "\n")
	t.Log("\n" + table)
	if *update {
		writeTable(t, "coarse", table)
	}
}

// TestCalibrateFindsTheBursts forecasts the same bursts from what is seen in
// intervals of a second, with the drops and the peak of the first settings: those
// it should reproduce, and the others' drops miss by 5 points at most.
func TestCalibrateFindsTheBursts(t *testing.T) {
	bursts := programs[2]
	reals := make([]measured, len(bursts.settings))
	for i, settings := range bursts.settings {
		synctest.Test(t, func(*testing.T) { reals[i], _ = run(bursts, settings, gridLength) })
	}
	seen := reals[0]
	seen.load.Intervals = coarser(seen.load.Intervals, time.Second)
	load, err := calibrate(seen.load, seen.settings, seen.drops, uint64(seen.peak))
	if err != nil {
		t.Fatal(err)
	}
	if mustForecast(t, seen.load, seen.settings).Confirm(seen.drops) == nil {
		t.Error("intervals of a second hide no burst: nothing is shown here")
	}
	if err := mustForecast(t, load, seen.settings).Confirm(seen.drops); err != nil {
		t.Error(err)
	}
	var rows []string
	for _, real := range reals {
		forecast := mustForecast(t, load, real.settings)
		rows = append(rows, row(real, forecast, forecast))
		if low, high := forecast.Best.Drops-0.05, forecast.Worst.Drops+0.05; real.drops < low || real.drops > high {
			t.Errorf("%+v: drops %v to %v, really %v", real.settings, low, high, real.drops)
		}
	}
	table := strings.Join(rows, "\n")
	t.Log("\n" + table)
	if *update {
		writeTable(t, "calibrated", table)
	}
}

// coarser joins intervals to ones of a length.
func coarser(intervals []Interval, length time.Duration) (joined []Interval) {
	var next Interval
	for _, interval := range intervals {
		next.Length += interval.Length
		next.Spans += interval.Spans
		if next.Length >= length {
			joined = append(joined, next)
			next = Interval{}
		}
	}
	return joined
}
