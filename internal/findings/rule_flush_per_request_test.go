package findings

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// flushed is an interval with calls that took so long each.
func flushed(signal, function string, calls int, took time.Duration) change {
	return func(s *snapshot.Snapshot) {
		f := snapshot.Flush{Signal: signal, Function: function, Sites: []snapshot.FlushSite{
			{Site: snapshot.Frame{Function: "main.handle", File: "main.go", Line: 23}, Calls: 1}}}
		for range calls {
			f.Calls.Add(took, false)
		}
		s.Flushes = append(s.Flushes, f)
	}
}

func TestFlushPerRequest(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		want    string // severity; "" is no finding
	}{
		{"no calls", nil, ""},
		{"for each request", []change{flushed(snapshot.Traces, snapshot.ForceFlush, 10, 80*time.Millisecond)}, "critical"},
		{"short ones", []change{flushed(snapshot.Traces, snapshot.ForceFlush, 10, time.Millisecond)}, "warning"},
		{"empty ones", []change{flushed(snapshot.Traces, snapshot.ForceFlush, 10, 10*time.Microsecond)}, ""},
		{"of logs", []change{flushed(snapshot.Logs, snapshot.ForceFlush, 10, 80*time.Millisecond)}, "critical"},
		{"shutdowns", []change{flushed(snapshot.Traces, snapshot.Shutdown, 10, 80*time.Millisecond)}, "critical"},
	} {
		t.Run(test.name, func(t *testing.T) {
			severity := ""
			for _, f := range judged(report.Limits{}, steadily(test.changes...)...).Findings {
				if f.ID == "flush-per-request" {
					severity = f.Severity
					if !strings.HasSuffix(f.Title, ", at main.handle (main.go:23)") || !strings.Contains(f.Advice[0].Title, "main.handle (main.go:23)") {
						t.Errorf("%q, %q: where?", f.Title, f.Advice[0].Title)
					}
				}
			}
			if severity != test.want {
				t.Errorf("found %q, want %q", severity, test.want)
			}
		})
	}
}

// TestFlushesEnd clears a minute after the last calls.
func TestFlushesEnd(t *testing.T) {
	intervals := steadily(flushed(snapshot.Traces, snapshot.ForceFlush, 10, 80*time.Millisecond))
	for _, test := range []struct {
		quiet int // seconds
		want  string
	}{{30, report.Holds}, {120, report.Past}} {
		all := slices.Clone(intervals)
		for n := range test.quiet {
			all = append(all, second(len(intervals)+n))
		}
		if f := found(t, judged(report.Limits{}, all...), "flush-per-request"); f.State != test.want {
			t.Errorf("after %d s its state is %s, want %s", test.quiet, f.State, test.want)
		}
	}
}

// TestFlushesBesideRequests has a call at the end of each of several intervals, and never
// enough calls.
func TestFlushesBesideRequests(t *testing.T) {
	var intervals []snapshot.Snapshot
	for range 4 {
		intervals = append(intervals, steadily()...)
		flushed(snapshot.Traces, snapshot.ForceFlush, 1, time.Second)(&intervals[len(intervals)-1])
	}
	for _, f := range judged(report.Limits{}, intervals...).Findings {
		if f.ID == "flush-per-request" {
			t.Errorf("%d calls raise %s", 4, f.Title)
		}
	}
}
