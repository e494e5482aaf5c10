package whatif

import (
	"math"
	"time"
)

// delayStep is the ratio of neighbouring delays that are told apart: quantiles
// are within 1 % of the truth.
const delayStep = 1.02

// delays counts exports by how long they took, or spans by how long after their
// end their export returned, in buckets from 1 µs up. The zero value is ready to
// use.
type delays struct {
	buckets []int
	count   int
	last    time.Duration // added, and its bucket: exports often take the same time
	at      int
}

func (d *delays) add(delay time.Duration, n int) {
	if delay != d.last {
		microseconds := max(1, float64(delay)/float64(time.Microsecond))
		d.last, d.at = delay, int(math.Round(math.Log(microseconds)/math.Log(delayStep)))
	}
	bucket := d.at
	for len(d.buckets) <= bucket {
		d.buckets = append(d.buckets, 0)
	}
	d.buckets[bucket] += n
	d.count += n
}

// emptied counts nothing yet, in the same memory.
func (d delays) emptied() delays {
	clear(d.buckets)
	return delays{buckets: d.buckets}
}

func (d *delays) quantiles() Delay {
	return Delay{P50: d.quantile(0.5), P90: d.quantile(0.9), P95: d.quantile(0.95), P99: d.quantile(0.99)}
}

// quantile is the delay that a fraction q (0..1) of what was counted does not
// exceed; 0 if nothing was.
func (d *delays) quantile(q float64) time.Duration {
	left := int(math.Ceil(q * float64(d.count)))
	for bucket, n := range d.buckets {
		if left -= n; left <= 0 && n > 0 {
			return time.Duration(math.Pow(delayStep, float64(bucket)) * float64(time.Microsecond))
		}
	}
	return 0
}
