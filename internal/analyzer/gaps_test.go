package analyzer

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
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
			s.Exports = []snapshot.Exporter{exporter(exporterA, "otlp_grpc_span_exporter")}
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
			s.Missing = closed("cpu.tracing", "cpu.stages", "cpu.instrumentation", "cpu.metrics", "spans.cost_us", "alloc", "sites")
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
			s := busy()
			test.change(&s)
			r := Analyze(s)
			asJSON(t, r) // no NaN, no infinity
			g := gaps{missing: r.Missing}
			for _, figure := range absentFigures(reflect.ValueOf(r), "") {
				if !g.has(figure) {
					t.Errorf("%s is absent without a reason", figure)
				}
			}
			for _, m := range r.Missing {
				if m.Why == "" {
					t.Errorf("%s is missing for no reason", m.What)
				}
				if section, _, _ := strings.Cut(m.What, "."); !slices.Contains(figures, section) {
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

func TestGaps(t *testing.T) {
	g := gaps{missing: []snapshot.Missing{{What: "export", Why: "shut"}, {What: "spans.started", Why: "no windows"}}}
	for path, want := range map[string]bool{
		"export": true, "export.batch": true, "export.duration_ms.p50": true, "exports": false,
		"spans": false, "spans.started": true, "spans.started.low": true, "spans.ended": false,
	} {
		if got := g.has(path); got != want {
			t.Errorf("%s is missing: %v, want %v", path, got, want)
		}
	}
	g.add("export.batch", "known as part of export")
	g.add("spans.ended", "the first reason")
	g.add("spans.ended", "the second reason")
	g.add("cpu", "not sampled")
	want := []snapshot.Missing{
		{What: "cpu", Why: "not sampled"}, {What: "spans.started", Why: "no windows"}, {What: "spans.ended", Why: "the first reason"},
		{What: "export", Why: "shut"},
	}
	if diff := cmp.Diff(want, g.list()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
