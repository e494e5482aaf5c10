package analyzer

import (
	"math"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// lastReading bounds the time between the last reading of a process's processors and its
// end.
const lastReading = time.Second

// lostAtExit counts the spans that batch processors held when the process ended, and that
// no export took away: none as long as it runs. Nil: exports or processors are not known.
// Exports in progress may still have arrived, and more spans may have ended since the last
// reading.
func lostAtExit(s snapshot.Snapshot, g *report.Gaps) *estimate.Estimate {
	if !s.Ended {
		return estimate.Counted(0)
	}
	if g.Has("processors") || g.Has("export") {
		g.Add("spans.lost_at_exit", "exports or processors could not be read")
		return nil
	}
	batching := snapshot.Batching(s.Processors)
	lost := ofProviders(batching, func(p snapshot.Processor) int64 { return p.After.Held() })
	var inflight uint64
	for _, e := range s.Exports {
		inflight += e.Inflight
	}
	low, high := lost-min(lost, inflight), lost+unreadAtExit(s, ofProviders(batching, snapshot.Processor.Handed))
	return &estimate.Estimate{Value: float64(lost), Low: float64(low), High: float64(high), N: lost, Exact: low == high}
}

// unreadAtExit bounds how many of the spans that processors were handed came after the
// last reading, if the process has ended: as many as came in lastReading on average, and
// none if every batch processor was shut down.
func unreadAtExit(s snapshot.Snapshot, handed uint64) uint64 {
	if !s.Ended {
		return 0
	}
	for _, p := range snapshot.Batching(s.Processors) {
		if p.Shutdowns.Count == 0 {
			return uint64(math.Ceil(float64(handed) * min(1, lastReading.Seconds()/max(s.Elapsed, 1).Seconds())))
		}
	}
	return 0
}
