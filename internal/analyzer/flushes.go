package analyzer

import (
	"cmp"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// flushes are the calls of ForceFlush and Shutdown.
func flushes(s snapshot.Snapshot, g *report.Gaps) []report.Flush {
	described := []report.Flush{}
	if g.Has("export") || g.Has("flushes") {
		g.Add("flushes", "exports are not counted")
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

// waitedInFlushes is how long requests waited in all for ForceFlush and Shutdown, in
// microseconds.
func waitedInFlushes(s snapshot.Snapshot, requests float64) (sum float64, calls uint64) {
	for _, f := range s.Flushes {
		if float64(f.Calls.Count) >= FlushedRequests*requests {
			sum += float64(MeanOf(f.Calls).Nanoseconds()) / 1e3 * float64(f.Calls.Count)
			calls += f.Calls.Count
		}
	}
	return sum, calls
}
