package analyzer

import (
	"math"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// lastReading bounds the time between the last reading of a process's processors and its
// end where it is not known. Spans that come in bursts may come as many in less time.
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
	unread := unreadAtExit(s)
	low, value, high := lost-min(lost, inflight)+unread.least, lost+unread.usual, lost+unread.most
	return &estimate.Estimate{Value: float64(value), Low: float64(low), High: float64(high), N: lost, Exact: low == high}
}

// unread is how many spans processors were handed between their last reading and the end of
// the process: at least, at the usual rate, and at most.
type unread struct{ least, usual, most uint64 }

// unreadAtExit is what was not read if the process has ended: none if every batch processor
// was shut down. If every call was counted by which the only processor was handed spans, it
// is known exactly. In a process that was attached to later, the first reading and the first
// count are of different moments.
func unreadAtExit(s snapshot.Snapshot) unread {
	batching := snapshot.Batching(s.Processors)
	running := slices.ContainsFunc(batching, func(p snapshot.Processor) bool { return p.Shutdowns.Count == 0 })
	if !s.Ended || !running {
		return unread{}
	}
	if received := s.CountOf("span"); s.FromStart && received != nil && received.Whole && len(s.Processors) == 1 && s.Others.Processors == 0 && s.CallsOf(unsampled) == 0 {
		more := received.Calls - min(received.Calls, uint64(max(0, batching[0].Handed())))
		return unread{more, more, more}
	}
	during := func(time func(snapshot.Processor) time.Duration) uint64 {
		return ofProviders(batching, func(p snapshot.Processor) int64 {
			return int64(math.Ceil(float64(p.Handed()) * min(1, time(p).Seconds()/max(s.Elapsed, 1).Seconds())))
		})
	}
	return unread{
		usual: during(func(p snapshot.Processor) time.Duration { return p.Unread }),
		most:  during(func(p snapshot.Processor) time.Duration { return max(p.Unread, lastReading) }),
	}
}
