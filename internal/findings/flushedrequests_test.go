package findings

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// requested is an interval with requests of three spans each.
func requested(requests uint64) change {
	return func(s *snapshot.Snapshot) {
		s.Exports[0].Exported, s.Exports[0].Spans = 3*requests, 3*requests
		s.Processors[0].Exported = 3 * requests
		s.Counts = append(s.Counts, snapshot.Count{Probe: "start", Calls: 3 * requests, Whole: true})
		if requests > 0 {
			s.Names = snapshot.Names{Ends: 3 * requests, Roots: requests, Squares: 3 * requests, List: []snapshot.Name{
				{Scope: "shop", Name: "GET /", Read: requests, Spans: requests, LocalRoots: requests},
				{Scope: "shop", Name: "select", Read: 2 * requests, Spans: 2 * requests},
			}}
		}
	}
}

// inHandlers says that the recorded stacks show handlers of requests.
func inHandlers(s *snapshot.Snapshot) {
	for i := range s.Flushes {
		for j := range s.Flushes[i].Sites {
			s.Flushes[i].Sites[j].Served = s.Flushes[i].Sites[j].Calls
		}
	}
}

// every is 1 every so many seconds.
func every(seconds, n int) int { return (seconds - n%seconds) / seconds }

// TestFlushesOfRequests tells calls that requests make from those of a ticker beside them, over
// a minute.
func TestFlushesOfRequests(t *testing.T) {
	uneven := []int{4, 9, 14, 6, 20, 11, 3, 13} // requests per second
	for _, test := range []struct {
		name   string
		second func(n int) (requests, calls int)
		served bool
		want   bool
	}{
		{"ticker beside few requests", func(n int) (int, int) { return every(6, n), every(10, n) }, false, false},
		{"ticker beside requests now and then", func(n int) (int, int) { return every(3, n) * 2, 1 }, false, false},
		{"quick ticker beside an uneven load", func(n int) (int, int) { return uneven[n%len(uneven)], 4 }, false, false},
		{"ticker beside a steady load", func(n int) (int, int) { return 4, 1 }, false, false},
		{"quick ticker beside a steady load", func(n int) (int, int) { return 10, 4 }, false, false},
		{"each of few requests", func(n int) (int, int) { return every(6, n), every(6, n) }, true, true},
		{"each request now and then", func(n int) (int, int) { return every(3, n) * 2, every(3, n) * 2 }, false, true},
		{"some requests of an uneven load", func(n int) (int, int) { return uneven[n%len(uneven)], uneven[n%len(uneven)] / 3 }, false, true},
		{"each request of a steady load", func(n int) (int, int) { return 10, 10 }, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var all []snapshot.Snapshot
			for n := range 60 {
				requests, calls := test.second(n)
				s := second(n, requested(uint64(requests)))
				if calls > 0 {
					flushed(snapshot.Traces, snapshot.ForceFlush, calls, 80*time.Millisecond)(&s)
				}
				if test.served {
					inHandlers(&s)
				}
				all = append(all, s)
			}
			raised := false
			for _, f := range judged(report.Limits{}, all...).Findings {
				raised = raised || f.ID == "flush-per-request" && f.Holds()
			}
			if raised != test.want {
				t.Errorf("raised: %t, want %t", raised, test.want)
			}
		})
	}
}

// TestExceptSamplesKeepsStretches keeps what exports are estimated from.
func TestExceptSamplesKeepsStretches(t *testing.T) {
	s := second(0)
	s.Stretches.Unobserved = time.Second
	merged := exceptSamples([]history.Interval{{Snapshot: s}, {Snapshot: s}})
	if merged.Stretches.Unobserved != 2*time.Second {
		t.Errorf("%+v, want the stretches of both", merged.Stretches)
	}
}
