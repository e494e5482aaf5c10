package analyzer

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestMadeByRequests has a number of requests that is known badly: its value may lie on either side
// of the truth, and its interval holds it.
func TestMadeByRequests(t *testing.T) {
	for _, test := range []struct {
		name  string
		calls float64
		roots *estimate.Estimate
		want  bool
	}{
		{"not known", 160, nil, true},
		{"counted", 160, estimate.Counted(160), true},
		{"too many by the value", 160, estimate.Around(230, 80, 60), true},
		{"too few by the value", 160, estimate.Around(110, 60, 60), true},
		{"a ticker beside counted requests", 80, estimate.Counted(160), false},
		{"a ticker beside too few by the value", 80, estimate.Around(110, 60, 60), false},
		{"a ticker beside requests of which little is known", 80, estimate.Around(110, 90, 10), false},
		{"requests of which little is known", 160, estimate.Around(250, 200, 10), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := MadeByRequests(test.calls, 20, test.roots); got != test.want {
				t.Errorf("made by requests: %t, want %t", got, test.want)
			}
		})
	}
}

// TestWaitedInFlushes has calls of requests, and of a ticker beside them.
func TestWaitedInFlushes(t *testing.T) {
	flush := func(calls, recorded, served uint64) snapshot.Flush {
		f := snapshot.Flush{Sites: []snapshot.FlushSite{{Calls: recorded, Served: served}}}
		for range calls {
			f.Calls.Add(10*time.Millisecond, false)
		}
		return f
	}
	for _, test := range []struct {
		name  string
		flush snapshot.Flush
		sum   float64
		known bool
	}{
		{"each request, by its handler", flush(100, 4, 4), 1e6, true},
		{"some calls, by a handler", flush(100, 4, 1), 25e4, true},
		{"each request, by number", flush(100, 4, 0), 1e6, true},
		{"a slow ticker", flush(10, 4, 0), 0, true},
		{"a ticker or some requests", flush(40, 4, 0), 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := snapshot.Snapshot{Elapsed: 20 * time.Second, Flushes: []snapshot.Flush{test.flush}}
			if sum, _, ok := waitedInFlushes(s, *estimate.Around(100, 20, 50)); sum != test.sum || ok != test.known {
				t.Errorf("%v µs, known: %t; want %v µs, %t", sum, ok, test.sum, test.known)
			}
		})
	}
}

// TestFlushesOfOldRecordings takes flushes that were counted for a part of the time for no totals.
func TestFlushesOfOldRecordings(t *testing.T) {
	s := snapshot.Snapshot{
		Elapsed: time.Minute,
		Flushes: []snapshot.Flush{{Signal: snapshot.Traces, Function: "ForceFlush", Calls: snapshot.Calls{Count: 7}}},
		Gaps:    []snapshot.Missing{{What: "export", Why: "the budget"}, {What: "processors.calls", Why: "the budget"}},
	}
	if r := Analyze(s); len(r.Flushes) > 0 || report.Gaps(r.Missing).Why("flushes") != "flushes: the budget" {
		t.Errorf("%+v, %+v", r.Flushes, r.Missing)
	}
	s.Gaps, s.Missing = nil, []snapshot.Missing{{What: "processors", Why: "its layout is not known"}}
	if r := Analyze(s); len(r.Flushes) != 1 {
		t.Errorf("%+v, want the flushes that were all counted", r.Flushes)
	}
}
