package snapshot

import "time"

// DurationBounds are the upper bounds, in seconds, of a Histogram's buckets:
// the SDK's default explicit boundaries for the metric
// otel.sdk.exporter.operation.duration.
var DurationBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// Histogram counts durations in the buckets of DurationBounds and one above
// them. The zero value is empty and ready to use.
type Histogram struct {
	Buckets  [15]uint64 // len(DurationBounds)+1
	Count    uint64
	Sum      time.Duration
	Min, Max time.Duration
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) { h.AddTimes(d, 1) }

// AddTimes counts one duration several times, at least once.
func (h *Histogram) AddTimes(d time.Duration, times uint64) {
	i := 0
	for i < len(DurationBounds) && d.Seconds() > DurationBounds[i] {
		i++
	}
	h.Buckets[i] += times
	if h.Count == 0 || d < h.Min {
		h.Min = d
	}
	h.Max = max(h.Max, d)
	h.Count += times
	h.Sum += time.Duration(times) * d
}

// Merge adds what other counted.
func (h *Histogram) Merge(other Histogram) {
	if other.Count == 0 {
		return
	}
	if h.Count == 0 || other.Min < h.Min {
		h.Min = other.Min
	}
	h.Max = max(h.Max, other.Max)
	for i, n := range other.Buckets {
		h.Buckets[i] = plus(h.Buckets[i], n)
	}
	h.Count = plus(h.Count, other.Count)
	h.Sum = plusTime(h.Sum, other.Sum)
}

// Without returns h without a part of what it counted. If there is such a part, the extremes
// of the rest are not known, and 0.
func (h Histogram) Without(part Histogram) Histogram {
	if part.Count == 0 {
		return h
	}
	rest := Histogram{Count: h.Count - min(part.Count, h.Count), Sum: max(0, h.Sum-part.Sum)}
	for i, n := range h.Buckets {
		rest.Buckets[i] = n - min(part.Buckets[i], n)
	}
	return rest
}
