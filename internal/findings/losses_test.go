package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func findingOf(r report.Report, id string) report.Finding {
	for _, f := range r.Findings {
		if f.ID == id {
			return f
		}
	}
	return report.Finding{}
}

func at(second int) time.Time { return testsnapshot.Begin.Add(time.Duration(second) * time.Second) }

// TestLossesInBursts drops spans in one interval of ten.
func TestLossesInBursts(t *testing.T) {
	j := watch(report.Limits{})
	for n := range 60 {
		if n%10 == 5 {
			j.Add(second(n, drops(10_000)))
		} else {
			j.Add(second(n))
		}
		f := findingOf(j.Complete(report.Report{}), "span-drop")
		if n >= 5+raiseAfter && (f.State != report.Holds || f.Severity != report.Critical) {
			t.Fatalf("second %d: %+v", n, f)
		}
	}
	f := findingOf(j.Complete(report.Report{}), "span-drop")
	if !strings.HasSuffix(f.Title, "most recently at 12:00:56 UTC") || !f.Since.Equal(at(5)) {
		t.Errorf("%+v", f)
	}
	for n := 60; n < 120; n++ {
		j.Add(second(n))
	}
	f = findingOf(j.Complete(report.Report{}), "span-drop")
	if f.State != report.Past || !f.Since.Equal(at(5)) || !f.Until.Equal(at(56)) || f.Severity != report.Critical {
		t.Errorf("a minute after the last burst: %+v", f)
	}
}

// TestFailuresFarApart has exports of ten seconds that fail in turn with their retries: the
// finding stays critical.
func TestFailuresFarApart(t *testing.T) {
	j := watch(report.Limits{})
	for n := range 60 {
		j.Add(second(n, func(s *snapshot.Snapshot) {
			took()(s)
			x := &s.Exports[0]
			x.Exported, x.Spans, x.Inflight, x.Waiting = 0, 0, 512, time.Duration(n%10)*time.Second
			s.Counts[0].Calls = 1
			if n%10 == 9 {
				x.Operations, x.Errors, x.Spans, x.Failed, x.Waiting = 1, 1, 512, 512, 0
				x.Latest = []snapshot.Operation{{Duration: 10 * time.Second, Spans: 512, Failed: 512}}
				x.Durations.Add(10 * time.Second)
			}
		}))
		f := findingOf(j.Complete(report.Report{}), "export-errors")
		if n >= 10 && (f.Severity != report.Critical || strings.Contains(f.Title, "no export has returned")) {
			t.Fatalf("second %d: %+v", n, f)
		}
	}
}

// TestPastFindings clears a finding, which stays listed as it was when it was worst, and
// raises it again.
func TestPastFindings(t *testing.T) {
	j, n := watch(report.Limits{}), 0
	run := func(seconds int, changes ...change) report.Finding {
		for range seconds {
			j.Add(second(n, changes...))
			n++
		}
		return findingOf(j.Complete(report.Report{}), "queue-backlog")
	}
	if f := run(10); f.ID != "" {
		t.Errorf("never raised: %+v", f)
	}
	run(10, queued(2048))
	run(10, queued(1700))
	f := run(10)
	if f.State != report.Past || f.Severity != report.Critical || !f.Since.Equal(at(12)) || !f.Until.Equal(at(30)) || len(f.Severities) != 2 {
		t.Errorf("cleared: %+v", f)
	}
	if f = run(10, queued(1700)); f.State != report.Holds || f.Severity != report.Warning || !f.Since.Equal(at(12)) || !f.Until.IsZero() {
		t.Errorf("soon again: %+v", f)
	}
	run(100)
	if f = run(10, queued(1700)); f.State != report.Holds || !f.Since.Equal(at(152)) {
		t.Errorf("again after a long time: %+v", f)
	}
}
