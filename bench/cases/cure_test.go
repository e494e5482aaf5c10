package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/report"
)

// TestPrescribe follows the advice of the case's findings only, the first where
// two set one variable, and code where the case has flags for it.
func TestPrescribe(t *testing.T) {
	advice := func(title string, env map[string]string) report.Advice {
		return report.Advice{Title: title, Env: env}
	}
	report := report.Report{Findings: []report.Finding{
		{ID: "uncompressed", Advice: []report.Advice{advice("compress", map[string]string{"COMPRESSION": "gzip"})}},
		{ID: "sync-export", Advice: []report.Advice{advice("batch", nil), advice("settings", map[string]string{"QUEUE": "4096"}), advice("or else", nil)}},
		{ID: "sampling-high", Advice: []report.Advice{advice("sample", map[string]string{"SAMPLER": "ratio", "QUEUE": "1"})}},
	}}
	tests := []struct {
		name string
		code map[string][]string
		want cure
	}{
		{"with code", map[string][]string{"sync-export": {"-processor", "batch"}},
			cure{told: []string{"batch", "settings", "sample"}, env: []string{"QUEUE=4096", "SAMPLER=ratio"}, args: []string{"-processor", "batch"}}},
		{"by environment alone", nil, cure{told: []string{"settings", "sample"}, env: []string{"QUEUE=4096", "SAMPLER=ratio"}}},
	}
	for _, test := range tests {
		got := prescribe(report, illness{findings: []string{"sync-export", "sampling-high", "span-drop"}, code: test.code})
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(cure{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
