package report

import "testing"

func TestAtLeast(t *testing.T) {
	reports := []Report{
		{Findings: []Finding{{ID: "a", Severity: "info"}, {ID: "b", Severity: "warning"}}},
		{Findings: []Finding{{ID: "c", Severity: "critical"}}},
	}
	for severity, want := range map[string]string{"info": "abc", "warning": "bc", "critical": "c"} {
		got := ""
		for _, f := range AtLeast(severity, reports) {
			got += f.ID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", severity, got, want)
		}
	}
}
