package history

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// second is the nth second of a target: an export of 23 spans, and a queue of n.
func second(n int) snapshot.Snapshot {
	return snapshot.Snapshot{
		Start: start.Add(time.Duration(n) * time.Second), Elapsed: time.Second,
		Exports: []snapshot.Exporter{{Address: 0xb000, Operations: 1, Exported: 23, Spans: 23, MaxBatch: 23,
			Latest: []snapshot.Operation{{Duration: time.Millisecond, Spans: 23}}}},
		Processors: []snapshot.Processor{{Address: 0xa000, Provider: 0xa000, Exporter: 0xb000,
			Settings: snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512},
			After:    snapshot.Reading{Queue: uint64(n)}, Exported: 23}},
	}
}

// TestRecentIsBounded keeps the intervals within shownReach, and always the last one.
func TestRecentIsBounded(t *testing.T) {
	tests := []struct {
		name      string
		lengths   []time.Duration // of intervals that follow each other
		want      time.Duration
		intervals int
	}{
		{"the first", []time.Duration{time.Second}, time.Second, 1},
		{"all, while there are few", slices.Repeat([]time.Duration{time.Second}, 3), 3 * time.Second, 3},
		{"as much as fits", []time.Duration{shownReach / 3, shownReach - shownReach/3}, shownReach, 2},
		{"a little more", []time.Duration{shownReach / 3, shownReach - shownReach/3, 1}, shownReach - shownReach/3 + 1, 2},
		{"many of them", slices.Repeat([]time.Duration{shownReach / 12}, 100), shownReach, 12},
		{"intervals that do not divide it", slices.Repeat([]time.Duration{shownReach/4 + 1}, 100), 3 * (shownReach/4 + 1), 3},
		{"a long one pushes the others out", []time.Duration{time.Second, time.Second, shownReach - 1}, shownReach - 1, 1},
		{"intervals that are longer", []time.Duration{5 * shownReach, 5 * shownReach}, 5 * shownReach, 1},
		{"one that was longer goes first", []time.Duration{5 * shownReach, time.Second}, time.Second, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := New(Keep{})
			at := start
			for _, length := range test.lengths {
				s := second(1)
				s.Start, s.Elapsed = at, length
				at = at.Add(length)
				h.Add(s)
			}
			r := h.Frame().Recent
			if r.Window.Seconds != test.want.Seconds() || r.Spans.Exported.Value != float64(23*test.intervals) {
				t.Errorf("%v s with %v spans, want %v with %d", r.Window.Seconds, r.Spans.Exported.Value, test.want, 23*test.intervals)
			}
			if end := r.Window.Start.Add(test.want); !end.Equal(at) {
				t.Errorf("it reaches to %v, want %v", end, at)
			}
		})
	}
}

// TestRateIsOfTheLastMinute has a load that changes: the rate of what was started is that of
// the intervals that are kept, not of the whole time.
func TestRateIsOfTheLastMinute(t *testing.T) {
	h := New(Keep{})
	add := func(seconds int, starts uint64) {
		for n := range seconds {
			s := second(n)
			s.Counts = []snapshot.Count{{Probe: "start", Calls: starts, Whole: true}}
			h.Add(s)
		}
	}
	add(30, 100)
	if rate := h.Total().Spans.StartedRate; rate == nil || math.Abs(rate.Value-100) > 1e-9 || !rate.Exact {
		t.Errorf("at first %+v a second, want 100", rate)
	}
	add(120, 7)
	total := h.Total()
	if rate := total.Spans.StartedRate; rate == nil || math.Abs(rate.Value-7) > 1e-9 {
		t.Errorf("%+v a second, want 7", rate)
	}
	if started := total.Spans.Started; started == nil || started.Value != 30*100+120*7 {
		t.Errorf("%+v started in all, want %d", started, 30*100+120*7)
	}
}

func TestQueueSizesAreBounded(t *testing.T) {
	for _, test := range []struct {
		name           string
		intervals      int
		length         int
		oldest, newest uint64
	}{
		{"the first", 1, 1, 0, 0},
		{"as many as fit", queueSizes, queueSizes, 0, queueSizes - 1},
		{"more", 3 * queueSizes, queueSizes, 2 * queueSizes, 3*queueSizes - 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := New(Keep{})
			for n := range test.intervals {
				h.Add(second(n))
			}
			sizes := h.Frame().QueueHistory
			if len(sizes) != test.length || sizes[0] != test.oldest || sizes[len(sizes)-1] != test.newest {
				t.Errorf("%d sizes %v, want %d from %d to %d", len(sizes), sizes, test.length, test.oldest, test.newest)
			}
		})
	}
}

func TestQueueSizesAddUpProcessors(t *testing.T) {
	h := New(Keep{})
	s := second(20)
	second := s.Processors[0]
	second.Address, second.After.Queue = 0xc000, 3
	s.Processors = append(s.Processors, second)
	h.Add(s)
	if got := h.Frame().QueueHistory; !slices.Equal(got, []uint64{23}) {
		t.Errorf("sizes %v, want 23", got)
	}
}

// TestExporting goes back as far as there are exports to judge by.
func TestExporting(t *testing.T) {
	for _, test := range []struct {
		name           string
		every, seconds int // an export in every n-th second, and for how long
		want           int // intervals
	}{
		{"few intervals", 1, 5, 5},
		{"an export a second", 1, 60, 10},
		{"an export in three seconds", 3, 60, 28},
		{"an export in a minute", 59, 60, 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := New(Keep{})
			for n := range test.seconds {
				s := second(n)
				if (n+1)%test.every != 0 {
					s.Exports = nil
				}
				h.Add(s)
			}
			if got := len(h.Past().Exporting()); got != test.want {
				t.Errorf("%d intervals, want %d", got, test.want)
			}
		})
	}
}
