package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// exported is an interval with exports of a signal, of 23 records each.
func exported(signal string, calls, failed int, took time.Duration) change {
	return func(s *snapshot.Snapshot) {
		p := snapshot.Pipeline{Signal: signal, Records: uint64(23 * calls), Failed: uint64(23 * failed), Largest: 23}
		for n := range calls {
			p.Calls.Add(took, n < failed)
		}
		s.Pipelines = append(s.Pipelines, p)
	}
}

func TestFindingsOfSignals(t *testing.T) {
	for _, test := range []struct {
		name      string
		change    change
		id, want  string // severity; "" is no finding
		wantTitle string
	}{
		{"all succeed", exported(snapshot.Metrics, 10, 0, time.Millisecond), "export-errors", "", ""},
		{"nearly all metrics fail", exported(snapshot.Metrics, 10, 9, time.Millisecond), "export-errors", "critical", "exports of metrics failed"},
		{"some logs fail", exported(snapshot.Logs, 10, 1, time.Millisecond), "export-errors", "warning", "log records were lost"},
		{"fast", exported(snapshot.Logs, 10, 0, 700*time.Millisecond), "export-slow", "", ""},
		{"slow logs", exported(snapshot.Logs, 10, 0, 3*time.Second), "export-slow", "critical", "the p99 of the last 10 exports of logs is 3 s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			severity := ""
			for _, f := range judged(report.Limits{}, steadily(test.change)...).Findings {
				if f.ID != test.id {
					continue
				}
				if severity = f.Severity; !strings.Contains(f.Title, test.wantTitle) || len(f.Advice) == 0 || !strings.Contains(f.Advice[0].Title, "s to ") && !strings.Contains(f.Advice[0].Title, "accepts") {
					t.Errorf("%q, %+v", f.Title, f.Advice)
				}
			}
			if severity != test.want {
				t.Errorf("found %q, want %q", severity, test.want)
			}
		})
	}
}

// TestSpansAndSignalsFail has one finding for both, with the worse severity.
func TestSpansAndSignalsFail(t *testing.T) {
	r := judged(report.Limits{}, steadily(exported(snapshot.Metrics, 10, 9, time.Millisecond), func(s *snapshot.Snapshot) { s.Exports[0].Errors, s.Exports[0].Failed = 1, 20 })...)
	f := found(t, r, "export-errors")
	if f.Severity != "critical" || !strings.Contains(f.Title, "spans were lost; ") || !strings.Contains(f.Title, "exports of metrics failed") {
		t.Errorf("%s: %s", f.Severity, f.Title)
	}
}
