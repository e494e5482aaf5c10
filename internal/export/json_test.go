package export

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

// emptyReport is a Report of a target of which nothing is known, as the
// analyzer makes it: every list and map is there, and empty.
func emptyReport() report.Report {
	r := report.Report{Schema: report.Schema}
	fillEmpty(reflect.ValueOf(&r).Elem())
	return r
}

func fillEmpty(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case !f.CanSet():
		case f.Kind() == reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		case f.Kind() == reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		case f.Kind() == reflect.Struct:
			fillEmpty(f)
		}
	}
}

func TestDocument(t *testing.T) {
	tests := []struct {
		name    string
		reports []report.Report
		golden  string
	}{
		{"one target is the object itself", []report.Report{emptyReport()}, "report_empty.json"},
		{"several targets stand under their host", []report.Report{emptyReport(), emptyReport()}, "report_several.json"},
		{"no target is an empty list", nil, "report_none.json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := JSON(&out, Document(tt.reports, 2)); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, tt.golden, out.String())
		})
	}
}

func TestHostAddsUpWhatProbingCost(t *testing.T) {
	r := fixedReport()
	host := Document([]report.Report{r, r}, 2).(document).Host
	if host.Probe.Hits != 2*r.Probe.Hits || host.Probe.TargetCPUSeconds != 2*r.Probe.TargetCPUSeconds {
		t.Errorf("the targets' figures do not add up: %+v", host.Probe)
	}
	if host.Probe.AgentCPUSeconds != r.Probe.AgentCPUSeconds || host.Probe.AgentRSSBytes != r.Probe.AgentRSSBytes {
		t.Errorf("the agent is there more than once: %+v", host.Probe)
	}
}

func TestJSONLineIsOneLine(t *testing.T) {
	var out bytes.Buffer
	if err := JSONLine(&out, map[string]string{"function": "main.run[int]<1>"}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `{"function":"main.run[int]<1>"}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.Reset()
	if err := JSONLine(&out, fixedReport()); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("more than one line: %s", out.String())
	}
}
