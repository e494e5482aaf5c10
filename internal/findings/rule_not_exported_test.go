package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// silent is an interval in which nothing is exported, with the calls that windows counted.
func silent(calls map[string]uint64) change {
	return func(s *snapshot.Snapshot) {
		s.Exports, s.Counts = nil, nil
		for i := range s.Processors {
			p := &s.Processors[i]
			p.Exported, p.Failed, p.Before, p.After = 0, 0, snapshot.Reading{}, snapshot.Reading{}
		}
		for probe, n := range calls {
			s.Counts = append(s.Counts, snapshot.Count{Probe: probe, Calls: n})
		}
	}
}

func TestNotExported(t *testing.T) {
	shutDown := func(s *snapshot.Snapshot) { s.Processors[0].Shutdowns.Add(time.Second, false) }
	withoutExporter := func(s *snapshot.Snapshot) { s.Processors[0].Exporter = 0 }
	exportedBy := func(component string) change {
		return func(s *snapshot.Snapshot) { s.Exports[0].Component = component }
	}
	counts := func(calls map[string]uint64) change {
		return func(s *snapshot.Snapshot) {
			for probe, n := range calls {
				s.Counts = append(s.Counts, snapshot.Count{Probe: probe, Calls: n})
			}
		}
	}
	withoutProcessor := func(s *snapshot.Snapshot) { s.Processors = nil }
	unprobed := func(s *snapshot.Snapshot) {
		s.Missing = []snapshot.Missing{{What: snapshot.Unreceived, Why: "no probe"}}
	}
	type calls = map[string]uint64
	for _, test := range []struct {
		name    string
		changes []change
		want    string // severity and a part of the title; "" is no finding
	}{
		{"spans are exported", []change{func(s *snapshot.Snapshot) { s.Counts = []snapshot.Count{{Probe: "end", Calls: 100}} }}, ""},
		{"an exporter that discards", []change{exportedBy("go.opentelemetry.io/contrib/exporters/autoexport.noopSpanExporter")}, "warning noopSpanExporter discards them"},
		{"an exporter of the program's own", []change{exportedBy("example.org/shop/audit.Exporter")}, ""},
		{"no span ends", []change{silent(nil)}, ""},
		{"few spans end", []change{silent(calls{"end": 2})}, ""},
		{"no processor", []change{silent(calls{"end": 100}), withoutProcessor}, "critical no span processor receives them"},
		{"no processor yet", []change{silent(calls{"end": 100, "span": 100}), withoutProcessor}, ""},
		{"a processor of the program's own", []change{silent(calls{"end": 100, "custom-processor": 100}), withoutProcessor}, ""},
		{"nil exporter", []change{silent(calls{"end": 100, "span": 100}), withoutExporter}, "critical has no exporter"},
		{"shut down", []change{silent(calls{"end": 100}), shutDown}, "critical shut down or unregistered"},
		{"recorded only", []change{silent(calls{"end": 100, "span": 100})}, "critical recorded but not sampled"},
		{"two in three reach no processor", []change{counts(calls{"end": 300, "unsampled": 0, "span": 100})}, "warning 67 % of the ended spans reach no span processor"},
		{"some reach a processor of the program's own", []change{counts(calls{"end": 300, "unsampled": 0, "span": 100, "custom-processor": 200})}, ""},
		{"two in three reach no processor that has a probe", []change{counts(calls{"end": 300, "unsampled": 0, "span": 100}), unprobed}, ""},
		{"no processor that has a probe", []change{silent(calls{"end": 100}), withoutProcessor, unprobed}, ""},
		{"few reach no processor", []change{counts(calls{"end": 300, "unsampled": 0, "span": 285})}, ""},
		{"ends may count twice", []change{counts(calls{"end": 300, "span": 100})}, ""},
		{"half are recorded only", []change{counts(calls{"end": 100, "unsampled": 50})}, "info 50 % of the ended spans are recorded but not sampled"},
		{"some are recorded only", []change{counts(calls{"end": 100, "unsampled": 9})}, ""},
		{"another provider", []change{silent(calls{"end": 100})}, "critical no longer receives them"},
		{"none sampled", []change{silent(calls{"start": 500})}, "info no span is sampled"},
		{"one in a hundred sampled", []change{silent(calls{"start": 500, "recording": 5})}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := ""
			for _, f := range judged(report.Limits{}, steadily(test.changes...)...).Findings {
				if f.ID == "not-exported" {
					found = f.Severity + " " + f.Title
				}
			}
			severity, part, _ := strings.Cut(test.want, " ")
			if (found == "") != (test.want == "") || !strings.HasPrefix(found, severity) || !strings.Contains(found, part) {
				t.Errorf("found %q, want %q", found, test.want)
			}
		})
	}
}

// TestLostAtExit is raised by the last interval alone.
func TestLostAtExit(t *testing.T) {
	ended := func(s *snapshot.Snapshot) {
		s.Ended = true
		s.Processors[0].After = snapshot.Reading{Queue: 40}
	}
	for _, test := range []struct {
		name, want string
		last       change
	}{
		{"runs on", "", queued(40)},
		{"ended with a queue", "critical", ended},
		{"ended with nothing left", "", func(s *snapshot.Snapshot) { s.Ended, s.Processors[0].After = true, snapshot.Reading{} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := ""
			for _, f := range judged(report.Limits{}, second(0), second(1, test.last)).Findings {
				if f.ID == "lost-at-exit" {
					found = f.Severity
				}
			}
			if found != test.want {
				t.Errorf("found %q, want %q", found, test.want)
			}
		})
	}
}

// TestSilenceOfMinutes has spans that nothing exports for longer than the judged past.
func TestSilenceOfMinutes(t *testing.T) {
	j := watch(report.Limits{})
	for n := range 200 {
		if n < 20 {
			j.Add(second(n))
		} else {
			j.Add(second(n, silent(map[string]uint64{"end": 100})))
		}
	}
	f := findingOf(j.Complete(report.Report{}), "not-exported")
	if !f.Since.Equal(at(20)) || !strings.Contains(f.Title, "for 3 min") {
		t.Errorf("%+v, want it since 12:00:20", f)
	}
}
