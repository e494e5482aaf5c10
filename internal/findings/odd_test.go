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

// TestOddSnapshots judges impossible Snapshots, which a forged recording may have: one value
// after another is absent, negative or out of bounds. There must be a Report of each, and
// JSON must be able to hold it.
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

// everything is a busy target with something in every field of a Snapshot.
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

// each replaces each value of a JSON document by odd ones in turn, and calls odd with the path.
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
