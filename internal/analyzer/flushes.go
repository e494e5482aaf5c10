package analyzer

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// flushes are the calls of ForceFlush and Shutdown.
func flushes(s snapshot.Snapshot, g *report.Gaps) []report.Flush {
	described := []report.Flush{}
	if g.Has("flushes") {
		return described
	}
	for _, f := range s.Flushes {
		if f.Calls.Count == 0 {
			continue
		}
		described = append(described, report.Flush{
			Signal: f.Signal, Function: report.Function{Name: f.Function, Calls: callsOf(f.Calls)}, Sites: flushSites(f.Sites),
		})
	}
	return described
}

func flushSites(sites []snapshot.FlushSite) []report.FlushSite {
	var calls uint64
	for _, site := range sites {
		calls += site.Calls
	}
	described := []report.FlushSite{}
	for _, site := range sites {
		described = append(described, report.FlushSite{
			Function: site.Site.Function, File: site.Site.File, Line: site.Site.Line, Caller: site.Caller.String(),
			Module: site.Site.Module(), OwnCode: site.Own.String(), OfCalls: estimate.Ratio(site.Calls, calls),
		})
	}
	slices.SortStableFunc(described, func(a, b report.FlushSite) int { return cmp.Compare(b.OfCalls, a.OfCalls) })
	return described
}

// FlushedRequests is how many of the requests must flush, or shut something down, so that
// they are taken to wait for it: other calls are made beside them.
const FlushedRequests = 0.2

// MeanOf is the mean duration of the latest calls; 0 of none.
func MeanOf(c snapshot.Calls) time.Duration {
	var sum time.Duration
	for _, d := range c.Durations {
		sum += d
	}
	return sum / time.Duration(max(1, len(c.Durations)))
}

const (
	// steadyCallsPerS is how many calls a second are needed if requests come steadily, or their
	// number is not known: a ticker is slower.
	steadyCallsPerS = 2
	// steadyShare is how many of the requests may make a call, and mostRequests how many must,
	// if requests come steadily: a request that waits for its flush makes one each time. The
	// number of requests is an estimate, so the first is judged by the lower end of its
	// interval, and the second, which tells them from a ticker, by the upper end.
	steadyShare, mostRequests = 0.8, 0.5
)

// MadeByRequests reports whether requests that come steadily make calls, going by their number
// alone. requests is nil if it is not known.
func MadeByRequests(calls, seconds float64, requests *estimate.Estimate) bool {
	most := requests == nil || calls >= steadyShare*requests.Low && calls >= mostRequests*requests.High
	return most && calls >= steadyCallsPerS*seconds
}

// ServedShare is the share of the calls with a recorded stack that handlers of requests make.
func ServedShare(sites []snapshot.FlushSite) float64 {
	var calls, served float64
	for _, site := range sites {
		calls += float64(site.Calls)
		served += float64(min(site.Served, site.Calls))
	}
	if calls == 0 {
		return 0
	}
	return served / calls
}

// waitedInFlushes is how long requests waited in all for ForceFlush and Shutdown, in
// microseconds: those that a handler of requests makes, by their stacks, or as many as there
// are requests. Others are made beside them. ok is false if that is not known.
func waitedInFlushes(s snapshot.Snapshot, requests estimate.Estimate) (sum float64, calls uint64, ok bool) {
	for _, f := range s.Flushes {
		made := float64(f.Calls.Count)
		switch served := ServedShare(f.Sites); {
		case served > 0:
			made *= served
		case made < FlushedRequests*requests.Value:
			continue
		case !MadeByRequests(made, s.Elapsed.Seconds(), &requests):
			return 0, 0, false
		}
		sum += float64(MeanOf(f.Calls).Nanoseconds()) / 1e3 * made
		calls += uint64(math.Ceil(made))
	}
	return sum, calls, true
}
