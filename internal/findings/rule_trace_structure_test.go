package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestTraceStructure(t *testing.T) {
	names := func(n snapshot.Name) snapshot.Names {
		n.Read, n.Spans = 1000, 1000
		return snapshot.Names{List: []snapshot.Name{n}, Squares: 1000}
	}
	ordinary := names(snapshot.Name{LocalRoots: 200, Remote: 200, Serving: 200, Calling: 500})
	for _, test := range []struct {
		name  string
		names snapshot.Names
		trace snapshot.LongTrace
		want  state
		title string
	}{
		{"a start-up span's context in every job", ordinary, snapshot.LongTrace{Lasted: 40 * time.Second, Spans: 950, All: 1000}, present, "one trace has gone on for 40 s, with 95 % of the spans; its root span was not seen"},
		{"beside others, for minutes", ordinary, snapshot.LongTrace{Lasted: 3 * time.Minute, Spans: 200, All: 1000, Roots: 3}, present, "with 20 %"},
		{"a batch job of half a minute", ordinary, snapshot.LongTrace{Lasted: 30 * time.Second, Spans: 1000, All: 1000}, absent, ""},
		{"a job beside requests", ordinary, snapshot.LongTrace{Lasted: time.Minute, Spans: 500, All: 1000}, absent, ""},
		{"few spans", ordinary, snapshot.LongTrace{Lasted: time.Hour, Spans: 50, All: 50}, absent, ""},
		{"callers that do not sample", names(snapshot.Name{LocalRoots: 200, Remote: 200, Unsampled: 100}), snapshot.LongTrace{}, present, "50 % of the requests from traced callers"},
		{"few of them", names(snapshot.Name{LocalRoots: 200, Remote: 200, Unsampled: 10}), snapshot.LongTrace{}, absent, ""},
		{"hardly any caller is traced", names(snapshot.Name{LocalRoots: 200, Remote: 20, Unsampled: 20}), snapshot.LongTrace{}, absent, ""},
		{"calls without a parent", names(snapshot.Name{LocalRoots: 700, Serving: 200, Calling: 500, Orphans: 480}), snapshot.LongTrace{}, present, "96 % of the calls to others have no parent"},
		{"in a process that serves nobody", names(snapshot.Name{LocalRoots: 500, Calling: 500, Orphans: 500}), snapshot.LongTrace{}, absent, ""},
		{"nothing is read", snapshot.Names{}, snapshot.LongTrace{}, unknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := facts{Past: history.Past{Names: test.names, Intervals: []history.Interval{{Snapshot: snapshot.Snapshot{LongTrace: test.trace}}}}}
			got := judgeTraceStructure(s)
			if got.state != test.want || !strings.Contains(got.title, test.title) {
				t.Fatalf("state %v, want %v; %q, want %q", got.state, test.want, got.title, test.title)
			}
			if got.state == present && len(got.advice) == 0 {
				t.Error("there is no advice")
			}
		})
	}
}
