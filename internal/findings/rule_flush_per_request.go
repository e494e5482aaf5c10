package findings

import (
	"cmp"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	minFlushes    = 5                      // in the last minute
	flushesPerS   = 0.5                    // where the number of requests is not known
	flushWait     = 100 * time.Microsecond // of a request
	criticalFlush = 10 * time.Millisecond  // of a request
	// perRequest is the evidence of it.
	perRequest = "flush_wait_ms"
)

var flushPerRequest = rule{
	id: "flush-per-request", category: "Batching",
	says: "requests call ForceFlush or Shutdown, and wait for the export",
	when: "five or more calls in the last minute come from handlers of requests, by their stacks: for at least one in five requests (local roots), or every two seconds if the number of requests is not known. " +
		"Or, where stacks do not show that, there are 20 or more calls for 20 or more requests, and more calls while more requests come. If requests come steadily, there are instead two calls a second or more, for half the requests by the upper end of their interval, and for four in five by its lower end. In all cases, a request waits for the calls for 0.1 ms or longer. " +
		"Critical if it waits for 10 ms or longer",
	clears: "fewer calls, or shorter ones",
	needs:  "calls of ForceFlush are not counted",
	judge:  judgeFlushPerRequest,
}

func judgeFlushPerRequest(s facts) verdict {
	if report.Gaps(s.figures.Missing).Has("flushes") {
		return verdict{}
	}
	if s.flushed() < minFlushes {
		return verdict{state: absent}
	}
	f := s.longestFlushes()
	if f.Calls.Count < minFlushes {
		return verdict{state: absent}
	}
	minute := s.minute().Report()
	roots := minute.Request.RootSpans
	if roots != nil && roots.Value == 0 {
		roots = nil // not known: their spans belong to a trace that goes on
	}
	made, ok := s.madeByRequests(f, roots, minute.Window.Seconds)
	if !ok {
		return verdict{state: absent}
	}
	rate := made / minute.Window.Seconds
	mean := analyzer.MeanOf(f.Calls)
	waits, calls := mean, rate/flushesPerS // of those that are needed
	evidence := map[string]float64{"calls": made, "calls_per_second": rate, perRequest: inMS(mean), "limit_ms": inMS(flushWait)}
	if roots != nil {
		each := made / roots.Value
		waits, calls = time.Duration(each*float64(mean)), each/analyzer.FlushedRequests
		evidence["calls_per_request"], evidence["request_wait_ms"] = each, inMS(waits)
	}
	if calls < 1 || waits < flushWait {
		return verdict{state: absent}
	}
	site := siteOfFlushes(f.Sites)
	return verdict{
		state: present, severity: severe(waits >= criticalFlush), evidence: evidence,
		title:  fmt.Sprintf("%s is called %s times per second and waits %s ms for the export%s", functionOf(f), short(rate), short(inMS(mean)), site.at()),
		advice: []report.Advice{flushAdvice(f, site)},
	}
}

// flushed is how many calls there were in the last minute, of all functions together. Most
// programs make none, and then the minute need not be merged.
func (s facts) flushed() (calls uint64) {
	for _, part := range s.Intervals {
		for _, f := range part.Flushes {
			calls += f.Calls.Count
		}
	}
	return calls
}

// longestFlushes are the calls of the last minute that took longest in all.
func (s facts) longestFlushes() (longest snapshot.Flush) {
	waited := func(f snapshot.Flush) float64 { return float64(f.Calls.Count) * analyzer.MeanOf(f.Calls).Seconds() }
	for i, f := range s.minute().Flushes {
		if i == 0 || waited(f) > waited(longest) {
			longest = f
		}
	}
	return longest
}

func functionOf(f snapshot.Flush) string {
	if f.Signal == snapshot.Traces {
		return f.Function
	}
	return f.Function + " of " + f.Signal
}

// flushSite is the most frequent site of calls; the zero value if none is known.
type flushSite struct{ snapshot.FlushSite }

func siteOfFlushes(sites []snapshot.FlushSite) (most flushSite) {
	for _, site := range sites {
		if site.Calls > most.Calls {
			most = flushSite{site}
		}
	}
	return most
}

// at is where the calls are made, for a title.
func (s flushSite) at() string {
	if s.Site == (snapshot.Frame{}) {
		return ""
	}
	at := ", at " + s.Site.String()
	if s.Own != (snapshot.Frame{}) {
		at += ", called by " + s.Own.String()
	}
	return at
}

func flushAdvice(f snapshot.Flush, site flushSite) report.Advice {
	place := cmp.Or(site.Own.String(), site.Site.String(), "the request path")
	if f.Function == snapshot.Shutdown {
		return code("remove Shutdown from " + place + ": build providers once, when the program starts, and shut them down once, when it ends")
	}
	advice := code("remove ForceFlush from " + place + ": the SDK exports by itself. Call it once before the program ends. " +
		"Where a platform freezes the program between requests, as serverless ones do, call it once after the response was sent")
	if f.Signal == snapshot.Traces {
		advice.Expected["request.blocked_us"] = 0
	}
	return advice
}
