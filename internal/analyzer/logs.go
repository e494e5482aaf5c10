package analyzer

import (
	"math"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// LogRecords counts the log records that batch processors received, and those of them that
// were not handed to an exporter; both are nil if that is not known.
func LogRecords(s snapshot.Snapshot) (created, notExported *estimate.Estimate) {
	emits := s.CountOf("emit")
	if emits == nil {
		return nil, nil
	}
	if created = inWindows(s, *emits); created == nil {
		return nil, nil
	}
	if g := newGaps(s); g.Has("export") || g.Has("pipelines") {
		return created, nil
	}
	var processed float64
	for _, p := range s.Pipelines {
		switch {
		case p.Signal != snapshot.Logs:
		case p.Unsized > 0:
			return created, nil
		default:
			processed += float64(p.Records)
		}
	}
	// What was exported may have been received before the window.
	rest := estimate.Estimate{Value: created.Value - processed, Low: created.Low - processed, High: created.High - processed, N: created.N}
	return created, rest.Within(0, math.Inf(1))
}
