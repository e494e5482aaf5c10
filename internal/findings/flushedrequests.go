package findings

import (
	"cmp"
	"math"
	"slices"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// What shows that requests make calls whose stacks do not show a handler. Calls beside requests,
// as those of a ticker, have stacks like those of a consumer of messages.
const (
	// minCalls and minRequests are how many are needed in the last minute.
	minCalls, minRequests = 20, 20
	// variedLoad is how many times as many spans must be started in the busier half of the
	// intervals as in the others to compare the calls in both. mostVaried bounds that.
	variedLoad, mostVaried = 1.5, 16
	// minCompared is how many intervals with a known number of spans that needs.
	minCompared = 8
)

// madeByRequests is how many of the last minute's calls requests are seen to make. roots is the
// number of requests, nil if it is not known. ok is false if nothing shows that requests make them.
func (s facts) madeByRequests(f snapshot.Flush, roots *estimate.Estimate, seconds float64) (calls float64, ok bool) {
	calls = float64(f.Calls.Count)
	if served := calls * analyzer.ServedShare(f.Sites); served >= minFlushes {
		return served, true
	}
	if calls < minCalls || roots != nil && roots.Value < minRequests {
		return 0, false
	}
	if along, known := s.callsAlongRequests(f); known {
		return calls, along
	}
	return calls, analyzer.MadeByRequests(calls, seconds, roots)
}

// load is what came in a part of the last minute.
type load struct{ seconds, spans, calls float64 }

func (l load) plus(other load) load {
	return load{l.seconds + other.seconds, l.spans + other.spans, l.calls + other.calls}
}

// callsAlongRequests reports whether there are more calls while more requests come, which shows
// in the spans started: nearer to being in proportion to them than to being as many all the
// time. known is false if requests come steadily, or too little is known of when they come.
func (s facts) callsAlongRequests(f snapshot.Flush) (along, known bool) {
	var parts []load
	for _, part := range s.Intervals {
		if spans, ok := spansIn(part); ok {
			parts = append(parts, load{part.Elapsed.Seconds(), spans, callsIn(part.Flushes, f)})
		}
	}
	slices.SortStableFunc(parts, func(a, b load) int { return cmp.Compare(a.spans*b.seconds, b.spans*a.seconds) })
	var quiet, busy load
	for i, part := range parts {
		if i < len(parts)/2 {
			quiet = quiet.plus(part)
		} else {
			busy = busy.plus(part)
		}
	}
	if len(parts) < minCompared || busy.spans == 0 || quiet.seconds == 0 {
		return false, false
	}
	more := float64(mostVaried)
	if quiet.spans > 0 {
		more = min(more, busy.spans/busy.seconds/(quiet.spans/quiet.seconds))
	}
	if more < variedLoad {
		return false, false
	}
	return busy.calls/busy.seconds >= math.Sqrt(more)*quiet.calls/quiet.seconds, true
}

// spansIn is how many spans were started in an interval; ok is false if that is known too badly
// to compare intervals.
func spansIn(part history.Interval) (spans float64, ok bool) {
	rate := analyzer.StartedRate(part.Snapshot)
	if rate == nil || rate.High-rate.Low > rate.Value/2 {
		return 0, false
	}
	return rate.Value * part.Elapsed.Seconds(), true
}

func callsIn(flushes []snapshot.Flush, like snapshot.Flush) (calls float64) {
	for _, f := range flushes {
		if f.Signal == like.Signal && f.Function == like.Function {
			calls += float64(f.Calls.Count)
		}
	}
	return calls
}
