package whatif

import (
	"math"
	"time"
)

// bucketStep is the ratio of the durations of neighbouring buckets: quantiles are within
// 1 % of the truth.
const bucketStep = 1.02

// histogram counts exports by duration, in buckets from 1 µs up. The zero value is ready
// for use.
type histogram struct {
	buckets []int
	count   int
	last    time.Duration // added, and its bucket: exports often take the same time
	at      int
}

func (h *histogram) add(took time.Duration, n int) {
	if took != h.last {
		microseconds := max(1, float64(took)/float64(time.Microsecond))
		h.last, h.at = took, int(math.Round(math.Log(microseconds)/math.Log(bucketStep)))
	}
	bucket := h.at
	for len(h.buckets) <= bucket {
		h.buckets = append(h.buckets, 0)
	}
	h.buckets[bucket] += n
	h.count += n
}

// emptied returns an empty histogram in the same memory.
func (h histogram) emptied() histogram {
	clear(h.buckets)
	return histogram{buckets: h.buckets}
}

// quantile is the duration that a fraction q (0..1) of the exports does not exceed; 0 if
// there are none.
func (h *histogram) quantile(q float64) time.Duration {
	left := int(math.Ceil(q * float64(h.count)))
	for bucket, n := range h.buckets {
		if left -= n; left <= 0 && n > 0 {
			return time.Duration(math.Pow(bucketStep, float64(bucket)) * float64(time.Microsecond))
		}
	}
	return 0
}
