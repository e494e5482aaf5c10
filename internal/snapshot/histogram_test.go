package snapshot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func histogram(durations ...time.Duration) (h Histogram) {
	for _, d := range durations {
		h.Add(d)
	}
	return h
}

func TestHistogramBuckets(t *testing.T) {
	tests := []struct {
		name   string
		d      time.Duration
		bucket int
	}{
		{"nothing", 0, 0},
		{"an upper bound belongs to its bucket", 5 * time.Millisecond, 0},
		{"just above it", 5*time.Millisecond + 1, 1},
		{"the last bound", 10 * time.Second, 13},
		{"above every bound", time.Minute, 14},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := Histogram{Count: 1, Sum: test.d, Min: test.d, Max: test.d}
			want.Buckets[test.bucket] = 1
			if diff := cmp.Diff(want, histogram(test.d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBoundsAscend(t *testing.T) {
	if got, want := len(DurationBounds)+1, len(Histogram{}.Buckets); got != want {
		t.Fatalf("bounds for %d buckets, there are %d", got, want)
	}
	for i := 1; i < len(DurationBounds); i++ {
		if DurationBounds[i] <= DurationBounds[i-1] {
			t.Errorf("bound %v follows %v", DurationBounds[i], DurationBounds[i-1])
		}
	}
}

// TestHistogramMerge adds the same durations one by one and in two histograms.
func TestHistogramMerge(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name string
		a, b []time.Duration
	}{
		{"nothing", nil, nil},
		{"into nothing", nil, []time.Duration{20 * ms}},
		{"nothing into something", []time.Duration{20 * ms}, nil},
		{"the second has the extremes", []time.Duration{20 * ms}, []time.Duration{ms, 11 * time.Second}},
		{"the first has the extremes", []time.Duration{ms, 11 * time.Second}, []time.Duration{20 * ms}},
		{"a minimum of 0", []time.Duration{0}, []time.Duration{ms}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := histogram(test.a...)
			got.Merge(histogram(test.b...))
			if diff := cmp.Diff(histogram(append(test.a, test.b...)...), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHistogramWithout(t *testing.T) {
	of := func(durations ...time.Duration) (h Histogram) {
		for _, d := range durations {
			h.Add(d)
		}
		return h
	}
	all, part := of(time.Millisecond, time.Second, time.Minute), of(time.Second)
	if all.Without(Histogram{}) != all {
		t.Errorf("%+v without nothing is %+v", all, all.Without(Histogram{}))
	}
	want := of(time.Millisecond, time.Minute)
	want.Min, want.Max = 0, 0 // not known
	if got := all.Without(part); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := part.Without(all); got.Count != 0 || got.Sum != 0 {
		t.Errorf("a part without the whole has %+v", got)
	}
}
