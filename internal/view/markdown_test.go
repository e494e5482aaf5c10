package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

// TestCompareMarkdown has a service whose name is markup.
func TestCompareMarkdown(t *testing.T) {
	before, after := cured()
	before.Findings = []report.Finding{{ID: "sampling-high", Severity: "warning", Title: "7.9 % of CPU at 100 % sampling",
		Advice: []report.Advice{{Title: "sample 10 %", Expected: map[string]float64{"cpu.tracing.share": 0.014}}}}}
	after.Target.ServiceName = "`x` <img src=x>\n@all [a](http://b) | c"
	after.Spans.Failed = nil
	var gates []compare.Gate
	for _, text := range []string{"increase=cpu.tracing.share:1pt", "decrease=cpu.tracing.share:50%", "lost"} {
		gate, err := compare.ParseGate(text)
		if err != nil {
			t.Fatal(err)
		}
		gates = append(gates, gate)
	}
	var b strings.Builder
	if err := CompareMarkdown(&b, compare.Reports([]report.Report{before}, []report.Report{after}, gates...)); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "compare.md", b.String())
}
