package accounting

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestNames(t *testing.T) {
	const ours, foreign = 1, 2
	asked := 0
	names := NewNames(func(itab uint64) bool { asked++; return itab == ours })
	names.Record([]probes.Span{
		{Itab: ours, Name: "GET", Scope: "http", Attributes: 11, LocalRoot: true, Remote: true, Kind: 2, Duration: time.Second, Events: 3, StandsFor: 4},
		{Itab: foreign, Name: "garbage", StandsFor: 4},
		{Itab: ours, Name: "price", Scope: "checkout", Attributes: 3, Kind: 3, Links: 1 << 40, StandsFor: 4},
		{Itab: foreign, Name: "garbage", StandsFor: 4},
	}, 0)
	names.Record([]probes.Span{{Itab: ours, Name: "GET", Scope: "http", Attributes: 12, LocalRoot: true, Sampled: true, Remote: true, Kind: 2, Duration: time.Second, StandsFor: 1}, {Itab: ours, Name: "poll", LocalRoot: true, Kind: 3, StandsFor: 2}}, 0)
	want := snapshot.Names{
		List: []snapshot.Name{
			{Scope: "http", Name: "GET", Read: 2, Spans: 5, Attributes: 4*11 + 12, LocalRoots: 5, Remote: 5, Unsampled: 4, Serving: 5, Events: 12, RootsTimed: 2, RootTime: 2 * time.Second},
			{Scope: "checkout", Name: "price", Read: 1, Spans: 4, Attributes: 12, Links: 4 * maxOnSpan, Calling: 4},
			{Name: "poll", Read: 1, Spans: 2, LocalRoots: 2, Calling: 2, Orphans: 2},
		},
		Squares: 16 + 16 + 1 + 4, Unread: 2 + 7, Ends: 30, Roots: 9, Requests: 3, RequestSpans: 4 + (4 + 1) + 2,
	}
	if diff := cmp.Diff(want, names.Take(7, 30, 9)); diff != "" {
		t.Errorf("first interval (-want +got):\n%s", diff)
	}
	if asked != 2 {
		t.Errorf("two types were looked at %d times", asked)
	}
	if diff := cmp.Diff(snapshot.Names{Unread: 1}, names.Take(1, 0, 0)); diff != "" {
		t.Errorf("second interval (-want +got):\n%s", diff)
	}
}

// TestItabsAreForgotten where a program makes them without end.
func TestItabsAreForgotten(t *testing.T) {
	names := NewNames(func(uint64) bool { return false })
	for itab := range uint64(10 * maxItabs) {
		names.Record([]probes.Span{{Itab: itab}}, 0)
	}
	if len(names.known) > maxItabs || names.Take(0, 0, 0).Unread != 10*maxItabs {
		t.Errorf("%d types are known, want %d at the most", len(names.known), maxItabs)
	}
}

// TestRequests counts the spans of requests, of which one comes from a trace that has two, and one
// that is large. Spans of another trace in between do not count.
func TestRequests(t *testing.T) {
	names := NewNames(func(uint64) bool { return true })
	span := func(trace uint64, root bool, weight uint32) probes.Span {
		return probes.Span{Trace: [2]uint64{trace, 1}, LocalRoot: root, StandsFor: weight}
	}
	names.Record([]probes.Span{span(1, false, 1), span(2, false, 1), span(1, false, 1), span(1, true, 1), span(1, false, 1), span(1, true, 1), span(3, false, 59), span(3, true, 1)}, 0)
	got := names.Take(0, 0, 0)
	if got.Requests != 3 || got.RequestSpans != 3+2+60 || got.LargeRequests != 1 {
		t.Errorf("%d requests of %d spans, %d are large", got.Requests, got.RequestSpans, got.LargeRequests)
	}
}

// TestLongestTrace has one trace that goes on, beside short ones, more than are remembered.
func TestLongestTrace(t *testing.T) {
	names := NewNames(func(uint64) bool { return true })
	short := uint64(1)
	for second := range uint64(60) {
		spans := []probes.Span{{Trace: [2]uint64{0, 7}, StandsFor: 2}}
		for range 20 {
			spans = append(spans, probes.Span{Trace: [2]uint64{short, 0}, LocalRoot: true, StandsFor: 1})
			short++
		}
		names.Record(spans, second*uint64(time.Second))
	}
	got := names.LongTrace()
	if got.Lasted != 59*time.Second || got.Spans != 120 || got.Roots != 0 || got.All < 120+58*20 {
		t.Errorf("%+v", got)
	}
	if n := len(names.traces.seen); n > maxTraces {
		t.Errorf("%d traces are remembered", n)
	}
	var burst []probes.Span
	for i := range uint64(2 * maxTraces) {
		burst = append(burst, probes.Span{Trace: [2]uint64{i, 9}, StandsFor: 1})
	}
	names.Record(burst, 60*uint64(time.Second))
	if got := names.LongTrace(); got.Untracked == 0 || got.Spans != 120 {
		t.Errorf("after a burst: %+v", got)
	}
}
