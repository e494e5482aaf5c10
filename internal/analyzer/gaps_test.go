package analyzer

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testreport"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// absentFigures lists the paths of all nil figures of a part of a Report. What
// stands in a list has its list's path. The target's identity is no figure.
func absentFigures(v reflect.Value, path string) (absent []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return []string{path}
		}
	case reflect.Slice:
		for i := range v.Len() {
			absent = append(absent, absentFigures(v.Index(i), path)...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			absent = append(absent, absentFigures(v.MapIndex(key), path)...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[report.Target]() || v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("json")
			if tag == "-" {
				continue
			}
			absent = append(absent, absentFigures(v.Field(i), strings.TrimPrefix(path+"."+tag, "."))...)
		}
	}
	return absent
}

// TestEveryAbsentFigureHasAReason walks reports of targets that little is known
// of.
func TestEveryAbsentFigureHasAReason(t *testing.T) {
	closed := func(what ...string) (missing []snapshot.Missing) {
		for _, w := range what {
			missing = append(missing, snapshot.Missing{What: w, Why: "its probes are shut"})
		}
		return missing
	}
	tests := []struct {
		name   string
		change func(*snapshot.Snapshot)
	}{
		{"all that can be known", func(*snapshot.Snapshot) {}},
		{"nothing seen yet", func(s *snapshot.Snapshot) { *s = snapshot.Snapshot{} }},
		{"no export ended", func(s *snapshot.Snapshot) {
			s.Exports = []snapshot.Exporter{testsnapshot.Exporter(testsnapshot.ExporterA, "otlp_grpc_span_exporter")}
		}},
		{"no processor", func(s *snapshot.Snapshot) { s.Processors = nil }},
		{"a processor in doubt", func(s *snapshot.Snapshot) { s.Missing = closed("processors") }},
		{"the exports' probes are shut", func(s *snapshot.Snapshot) { s.Missing = closed("export", "export.retried") }},
		{"the spans' probes are shut", func(s *snapshot.Snapshot) { s.Counts, s.Missing = nil, closed("spans.started") }},
		{"every probe is shut", func(s *snapshot.Snapshot) {
			*s = snapshot.Snapshot{Missing: closed("processors", "export", "export.retried", "spans.started")}
		}},
		{"spans counted for a while", func(s *snapshot.Snapshot) {
			for i := range s.Counts {
				s.Counts[i].Whole = false
			}
		}},
		{"no span counted", func(s *snapshot.Snapshot) { s.Counts = []snapshot.Count{{Probe: "start"}, {Probe: "end"}} }},
		{"no samples", func(s *snapshot.Snapshot) { s.Samples = snapshot.Samples{} }},
		{"sampling is not allowed", func(s *snapshot.Snapshot) {
			s.Missing = closed("cpu.tracing", "cpu.stages", "cpu.instrumentation", "cpu.metrics", "cpu.logs", "spans.cost_us", "alloc", "sites")
		}},
		{"no name read", func(s *snapshot.Snapshot) { s.Names = snapshot.Names{} }},
		{"the probes for names are shut", func(s *snapshot.Snapshot) { s.Names, s.Missing = snapshot.Names{}, closed("names") }},
		{"no root among the spans read", func(s *snapshot.Snapshot) {
			s.Names = snapshot.Names{List: []snapshot.Name{{Name: "part", Read: 1, Spans: 1}}, Squares: 1}
		}},
		{"no processor blocks", func(s *snapshot.Snapshot) { s.Processors = s.Processors[:1] }},
		{"records were lost", func(s *snapshot.Snapshot) { s.Probing.Lost = 7 }},
		{"ended", func(s *snapshot.Snapshot) { s.Ended = true }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := testsnapshot.Busy()
			test.change(&s)
			r := Analyze(s)
			asJSON(t, r) // no NaN, no infinity
			testreport.Check(t, r)
			g := report.Gaps(r.Missing)
			for _, figure := range absentFigures(reflect.ValueOf(r), "") {
				if !g.Has(figure) {
					t.Errorf("%s is absent without a reason", figure)
				}
			}
			for _, m := range r.Missing {
				if m.Why == "" {
					t.Errorf("%s is missing for no reason", m.What)
				}
				if section, _, _ := strings.Cut(m.What, "."); !slices.Contains(sections(), section) {
					t.Errorf("%s is no figure of the report", m.What)
				}
			}
			for _, m := range s.Missing {
				if !slices.Contains(r.Missing, m) {
					t.Errorf("the report does not say that %s is missing because %s", m.What, m.Why)
				}
			}
		})
	}
}

// TestTheWalkSeesFigures guards the test above.
func TestTheWalkSeesFigures(t *testing.T) {
	r := report.Report{Processors: []report.Processor{{}}, CPU: report.CPU{Stages: map[string]report.Portion{"create": {}}}}
	got := absentFigures(reflect.ValueOf(r), "")
	for _, want := range []string{"cpu.tracing.share", "cpu.stages.share", "spans.started", "queue.size", "processors.queue.utilization", "export.duration_ms.p99", "alloc.tracing_share"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %v", want, got)
		}
	}
}

// sections are the fields of a Report in JSON.
func sections() (names []string) {
	t := reflect.TypeFor[report.Report]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("json"))
	}
	return names
}
