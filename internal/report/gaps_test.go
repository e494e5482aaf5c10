package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestGaps(t *testing.T) {
	g := Gaps{{What: "export", Why: "shut"}, {What: "spans.started", Why: "no windows"}}
	for path, want := range map[string]bool{
		"export": true, "export.batch": true, "export.duration_ms.p50": true, "exports": false,
		"spans": false, "spans.started": true, "spans.started.low": true, "spans.ended": false,
	} {
		if got := g.Has(path); got != want {
			t.Errorf("%s is missing: %v, want %v", path, got, want)
		}
	}
	g.Add("export.batch", "known as part of export")
	g.Add("spans.ended", "the first reason")
	g.Add("spans.ended", "the second reason")
	g.Add("cpu", "not sampled")
	want := []snapshot.Missing{
		{What: "cpu", Why: "not sampled"}, {What: "spans.started", Why: "no windows"}, {What: "spans.ended", Why: "the first reason"},
		{What: "export", Why: "shut"},
	}
	if diff := cmp.Diff(want, g.Sorted()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
