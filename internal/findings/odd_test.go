package findings

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestOddSnapshots judges what no process ever was, as a recording may hold it that
// somebody else made: a Snapshot in which one value after another is absent,
// negative or beyond all bounds. There is an answer to each, whatever it is worth,
// and JSON can hold it.
func TestOddSnapshots(t *testing.T) {
	whole, err := json.Marshal(everything())
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(whole, &tree); err != nil {
		t.Fatal(err)
	}
	tried := 0
	each(tree, "", func(where string) {
		odd, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		var s snapshot.Snapshot
		if json.Unmarshal(odd, &s) != nil {
			return // of another type
		}
		tried++
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("%s: %v", where, r)
			}
		}()
		j := watch(report.Limits{})
		for range raiseAfter + 1 {
			j.Add(s)
			s.Start = s.Start.Add(s.Elapsed)
		}
		r := j.Complete(analyzer.Analyze(s))
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	})
	if tried < 500 {
		t.Errorf("only %d were judged", tried)
	}
}

// everything is a busy target with some of all that a Snapshot can hold besides.
func everything() snapshot.Snapshot {
	s := testsnapshot.Busy()
	frames := func(functions ...string) (frames []*snapshot.Frame) {
		for _, f := range functions {
			frames = append(frames, &snapshot.Frame{Function: f})
		}
		return frames
	}
	s.Samples = snapshot.Samples{Hz: 99, Stacks: []snapshot.Stack{
		snapshot.NewStack(600, frames("go.opentelemetry.io/otel/sdk/trace.(*tracer).Start", "main.work")...),
		snapshot.NewStack(50, frames("runtime.gcDrain")...),
	}}
	s.Heap = snapshot.Heap{Cycles: 3, Covered: time.Second, Allocated: 1e6, Scanned: 1e6, Live: 1e6}
	s.Texts = snapshot.Texts{Read: 100, Bytes: 1e6, Squares: 1e10, Cut: 1e4}
	s.Pipelines = []snapshot.Pipeline{{Signal: snapshot.Metrics, Calls: snapshot.Calls{Count: 2, Durations: []time.Duration{1, 2}}}}
	s.Processors[0].Looks, s.Processors[0].Held = 5, 100
	site := snapshot.FollowedSite{Followed: 100, Weight: 100}
	site.Ended[10], site.Open[20], site.Held[20] = 80, 20, 10
	s.Following = snapshot.Following{Sites: []snapshot.FollowedSite{site}, Kept: 50, Gone: 3, ReusedAfter: 4}
	return s
}

// each puts odd values in the place of each value of a JSON document in turn, and
// calls back where.
func each(value any, path string, odd func(where string)) {
	instead := func(where string, put func(any), old any) {
		for _, v := range []any{nil, 1, -1, 1e15, []any{}} {
			put(v)
			odd(fmt.Sprintf("%s = %v", where, v))
		}
		put(old)
		each(old, where, odd)
	}
	switch value := value.(type) {
	case map[string]any:
		for key, old := range value {
			instead(path+"."+key, func(v any) { value[key] = v }, old)
		}
	case []any:
		for i, old := range value[:min(len(value), 2)] {
			instead(fmt.Sprintf("%s[%d]", path, i), func(v any) { value[i] = v }, old)
		}
	}
}
