package analyzer

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minTexts is from how many spans on their attributes' length is claimed.
const minTexts = 20

// attributeBytes is how long the strings in a span's attributes are, in the mean
// of the spans looked at while they waited for their export; nil of too few.
func AttributeBytes(t snapshot.Texts) *estimate.Estimate {
	if t.Read < minTexts {
		return nil
	}
	n := float64(t.Read)
	mean := float64(t.Bytes) / n
	deviation := math.Sqrt(max(0, t.Squares/n-mean*mean))
	return estimate.Around(mean, estimate.Z95*deviation/math.Sqrt(n), t.Read).Within(0, math.Inf(1))
}
