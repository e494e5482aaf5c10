package analyzer

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// withUnreceived counts the spans that ended if processors received only a part of them: the
// spans handed over, divided by that part in windows. It may vary between windows, as it does if
// a provider is shut down. all is the number of the spans that ended by the windows' rates alone,
// or nil; it is used if it is the more certain one.
func withUnreceived(handed estimate.Estimate, ends, received snapshot.Count, all *estimate.Estimate) *estimate.Estimate {
	byPart := handed.Scale(ends.Calls, received.Calls)
	apart := variation(received.Rates, ends.Rates)
	switch {
	case all != nil && (apart >= 1 || all.High-all.Low < byPart.Value/(1-apart)-byPart.Value/(1+apart)):
		return all
	case apart >= 1:
		return nil
	}
	byPart.Low = min(byPart.Low, byPart.Value/(1+apart))
	byPart.High = max(byPart.High, byPart.Value/(1-apart))
	return byPart
}

// variation bounds how far the ratio of two counts in windows may be from that in the whole
// time, relative to itself, because it differs from window to window: what varies in the part
// more than in the whole. It is 1 if that cannot be determined.
func variation(part, whole snapshot.Rates) float64 {
	ofPart, known := spread(part)
	if !known {
		return 1
	}
	ofWhole, _ := spread(whole)
	return math.Sqrt(max(0, ofPart*ofPart-ofWhole*ofWhole))
}

// spread is half the interval of the mean of rates, as a part of it. It is not known of fewer
// than two, or if all are 0.
func spread(r snapshot.Rates) (part float64, known bool) {
	if r.Windows < 2 || r.Sum <= 0 {
		return 0, false
	}
	mean := estimate.Mean(r.Windows, r.Sum, r.Squares)
	return (mean.High - mean.Value) / mean.Value, true
}
