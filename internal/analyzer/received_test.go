package analyzer

import (
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// countOf is a count in windows of 0.1 s, given the calls of each.
func countOf(calls ...uint64) (c snapshot.Count) {
	for _, n := range calls {
		c.Calls += n
		c.Rates.Add(float64(n) * 10)
	}
	return c
}

// TestWithUnreceived: processors received 4,000 spans, and half of those in the windows.
func TestWithUnreceived(t *testing.T) {
	all := estimate.Around(8000, 1500, 800)
	for _, test := range []struct {
		name           string
		ends, received snapshot.Count
		all            *estimate.Estimate
		low, high      float64 // the interval has both between its ends and the value
	}{
		{"each second span", countOf(100, 300, 150, 250), countOf(50, 150, 75, 125), all, 7300, 8700},
		{"all, and then none", countOf(200, 200, 200, 200), countOf(200, 200, 0, 0), all, 7000, 9000},
		{"most, and then few", countOf(200, 200, 200, 200), countOf(110, 100, 100, 90), nil, 7200, 8900},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := withUnreceived(*estimate.Counted(4000), test.ends, test.received, test.all)
			if got == nil || got.Exact || got.Low > test.low || got.High < test.high || got.Value < 7500 || got.Value > 8500 {
				t.Errorf("%+v, want about 8,000 and at least %.0f to %.0f", got, test.low, test.high)
			}
		})
	}
	if got := withUnreceived(*estimate.Counted(4000), countOf(200, 200), countOf(200, 0), nil); got != nil {
		t.Errorf("%+v of a part that was all and then nothing, want none", got)
	}
}
