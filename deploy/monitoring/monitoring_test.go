package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesAreCurrent(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(got), string(want)); diff != "" {
			t.Errorf("deploy/%s is not what the tables say: run make generate\n%s", name, diff)
		}
	}
}

// TestQuery writes queries in both forms.
func TestQuery(t *testing.T) {
	for _, c := range []struct{ query, underscore, utf8 string }{
		{`@otwatch.tracing.cpu.share`, `otwatch_tracing_cpu_share_ratio`, `{"otwatch.tracing.cpu.share_ratio"}`},
		{`rate(@process.cpu.time{job="a",#cpu.mode!=""}[5m])`,
			`rate(process_cpu_time_seconds_total{job="a",cpu_mode!=""}[5m])`,
			`rate({"process.cpu.time_seconds_total", job="a","cpu.mode"!=""}[5m])`},
		{`sum by (job, #error.type) (@otel.sdk.exporter.operation.duration:bucket)`,
			`sum by (job, error_type) (otel_sdk_exporter_operation_duration_seconds_bucket)`,
			`sum by (job, "error.type") ({"otel.sdk.exporter.operation.duration_seconds_bucket"})`},
	} {
		for f, want := range map[form]string{forms[0]: c.underscore, forms[1]: c.utf8} {
			if got, err := f.query(c.query); err != nil || got != want {
				t.Errorf("%s is %s, %v; want %s", c.query, got, err, want)
			}
		}
	}
	if _, err := forms[0].query("@otwatch.no.such.metric"); err == nil {
		t.Error("a metric that does not exist was accepted")
	}
}

// TestAlerts demands of every alert that it says what to do, and that a test shows when it
// fires and when it does not.
func TestAlerts(t *testing.T) {
	for _, a := range alerts {
		if a.lasting == "" || a.summary == "" || a.description == "" || a.runbook == "" {
			t.Errorf("%s does not say everything", a.name)
		}
		if !slices.Contains([]string{"warning", "critical"}, a.severity) {
			t.Errorf("%s is %q", a.name, a.severity)
		}
		fires, silent := false, false
		for _, c := range ruleCases {
			if c.alert != a.name {
				continue
			}
			fires = fires || len(c.fires) > 0
			silent = silent || len(c.fires) == 0 || slices.ContainsFunc(c.series, func(s series) bool { return strings.Contains(s.labels, well) })
		}
		if !fires || !silent {
			t.Errorf("%s: it fires in a test: %t; it does not where all is well: %t", a.name, fires, silent)
		}
	}
}

// TestPanels demands a description and a unit of every panel, and a name of every line.
func TestPanels(t *testing.T) {
	for _, s := range sections {
		for _, p := range s.panels {
			if !strings.HasSuffix(p.description, ".") {
				t.Errorf("%s has no description", p.title)
			}
			for _, q := range p.queries {
				if p.unit == "" && q.unit == "" {
					t.Errorf("%s: %q has no unit", p.title, q.legend)
				}
				if q.legend == "" && p.kind != figure {
					t.Errorf("%s: %s has no name", p.title, q.text)
				}
			}
		}
	}
}
