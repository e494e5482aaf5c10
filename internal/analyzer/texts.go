package analyzer

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// minTexts is how many spans are needed to claim the length of attributes.
const minTexts = 20

// AttributeBytes is the mean length of the strings in a span's attributes, of the spans
// that were read while they waited for their export; nil if they are too few.
func AttributeBytes(t snapshot.Texts) *estimate.Estimate {
	if t.Read < minTexts {
		return nil
	}
	n := float64(t.Read)
	mean := float64(t.Bytes) / n
	deviation := math.Sqrt(max(0, t.Squares/n-mean*mean))
	return estimate.Around(mean, estimate.Z95*deviation/math.Sqrt(n), t.Read).Within(0, math.Inf(1))
}
