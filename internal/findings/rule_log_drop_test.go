package findings

import (
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// emitting is a second in which so many log records were created, and some exported.
func emitting(created, processed uint64) change {
	return func(s *snapshot.Snapshot) {
		s.Counts = append(s.Counts, snapshot.Count{Probe: "emit", Calls: created, Whole: true})
		p := snapshot.Pipeline{Signal: snapshot.Logs, Records: processed, Largest: processed}
		p.Calls.Add(100*time.Millisecond, false)
		s.Pipelines = append(s.Pipelines, p)
	}
}

func TestLogDrop(t *testing.T) {
	for _, test := range []struct {
		name string
		change
		want string
	}{
		{"all are exported", emitting(20_000, 20_000), ""},
		{"some wait", emitting(2000, 1900), ""},
		{"most are lost", emitting(20_000, 1600), "critical"},
		{"one in twenty is lost", emitting(100_000, 95_000), "warning"},
		{"exports were not all observed", func(s *snapshot.Snapshot) {
			emitting(20_000, 1600)(s)
			s.Gaps = append(s.Gaps, snapshot.Missing{What: "pipelines", Why: "over budget"})
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := severityOf(judged(report.Limits{}, steadily(test.change)...), "log-drop"); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// TestLogDropsRead goes by the drops that processors count, if these are known: what is not
// exported may wait.
func TestLogDropsRead(t *testing.T) {
	holding := func(dropped uint64, queue snapshot.LogQueue) change {
		return func(s *snapshot.Snapshot) {
			emitting(20_000, 1600)(s)
			s.Pipelines[0].Dropped, s.Pipelines[0].Exporters = dropped, []snapshot.SignalExporter{{Queue: queue}}
		}
	}
	for _, test := range []struct {
		name string
		change
		want string
	}{
		{"no batch processor", func(*snapshot.Snapshot) {}, ""},
		{"all wait", holding(0, snapshot.LogQueue{Capacity: 1 << 20, After: snapshot.LogReading{Held: 18_400}}), ""},
		{"most are dropped", holding(18_400, snapshot.LogQueue{Capacity: 2048}), "critical"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := judged(report.Limits{}, steadily(test.change)...)
			if got := severityOf(r, "log-drop"); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
			gaps := report.Gaps(r.Missing)
			if gaps.Has("findings.log-drop") {
				t.Error("it was not judged")
			}
		})
	}
}

// TestLogDropUnknown does not judge a target whose log processors could not be seen.
func TestLogDropUnknown(t *testing.T) {
	created := []snapshot.Missing{{What: "pipelines.created", Why: "no probes are placed"}}
	for _, test := range []struct {
		name string
		change
		judged bool
	}{
		{"no batch processor", func(*snapshot.Snapshot) {}, true},
		{"no probe counts", func(s *snapshot.Snapshot) { s.Counts = nil }, false},
		{"no probes are placed", func(s *snapshot.Snapshot) { s.Missing = created }, false},
		{"the probe was shut", func(s *snapshot.Snapshot) { s.Gaps = created }, false},
		{"recorded before records were counted", func(s *snapshot.Snapshot) { emitting(0, 1600)(s); s.Counts = s.Counts[:len(s.Counts)-1] }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			gaps := report.Gaps(judged(report.Limits{}, steadily(test.change)...).Missing)
			if got := !gaps.Has("findings.log-drop"); got != test.judged {
				t.Errorf("judged: %v, want %v", got, test.judged)
			}
		})
	}
}

func severityOf(r report.Report, id string) string {
	for _, f := range r.Findings {
		if f.ID == id && f.Holds() {
			return f.Severity
		}
	}
	return ""
}
