package whatif

import (
	"slices"
	"testing"
	"time"
)

func TestArrivals(t *testing.T) {
	load := Load{Intervals: []Interval{{time.Second, 100}, {0, 7}, {time.Second / 10, 3}}, Together: 30}
	all := load.arrivals(5, nil)
	if !slices.IsSorted(all) {
		t.Errorf("not in order: %v", all)
	}
	var first, second int
	for _, packed := range all {
		a := packed.arrival()
		if a.spans > 30 || a.at < 0 || a.at >= 1100*time.Millisecond {
			t.Errorf("%d spans at %v", a.spans, a.at)
		}
		if a.at < time.Second {
			first += a.spans
		} else {
			second += a.spans
		}
	}
	if first != 100 || second != 3 {
		t.Errorf("%d and %d spans, want 100 and 3: none ends in no time", first, second)
	}
}

// TestPack puts into a word what comes out of it, the largest step and the last
// moment included.
func TestPack(t *testing.T) {
	for _, a := range []arrival{{}, {1, 1}, {time.Minute, 92}, {72 * time.Hour, maxStep}} {
		if got := pack(a).arrival(); got != a {
			t.Errorf("%+v became %+v", a, got)
		}
	}
}

// TestMoreSpansComeOnTop checks what the properties rest on.
func TestMoreSpansComeOnTop(t *testing.T) {
	few := Load{Intervals: []Interval{{time.Second, 50}}}.arrivals(5, nil)
	many := Load{Intervals: []Interval{{time.Second, 80}}}.arrivals(5, nil)
	for _, a := range few {
		if !slices.Contains(many, a) {
			t.Errorf("%v is not among the more", a)
		}
	}
}

// TestSpansThatEndTogetherNeedALongerQueue ends the same spans one by one and
// by the hundred.
func TestSpansThatEndTogetherNeedALongerQueue(t *testing.T) {
	load := steady(20, 2000, 512, 50*time.Millisecond)
	single := mustSimulate(t, load, 2048, 512).Expected.QueuePeak
	load.Together = 100
	if together := mustSimulate(t, load, 2048, 512).Expected.QueuePeak; together <= single {
		t.Errorf("peak %d one by one, %d by the hundred", single, together)
	}
}
