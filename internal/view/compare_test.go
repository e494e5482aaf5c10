package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

// cured is the complete program before and after its advice was followed.
func cured() (before, after report.Report) {
	before, after = complete().Total, complete().Total
	after.Findings = []report.Finding{{ID: "uncompressed", Severity: "info", Title: "3 MB a second without compression"}}
	after.CPU.Tracing.Share = estimate.Around(0.014, 0.002, 9000)
	after.Spans.Dropped = estimate.Counted(0)
	return before, after
}

func TestCompare(t *testing.T) {
	before, after := cured()
	advice := []report.Advice{{Title: "sample 10 %", Expected: map[string]float64{"cpu.tracing.share": 0.014, "spans.dropped_share": 0}}}
	before.Findings = []report.Finding{{ID: "sampling-high", Severity: "warning", Title: "7.9 % of CPU at 100 % sampling", Advice: advice}}
	other := after
	other.Target.ServiceName = "basket\x1b[31m"
	for _, test := range []struct {
		name   string
		after  report.Report
		screen Screen
	}{
		{"cured", after, Screen{Width: 80}},
		{"cured-color", after, Screen{Width: 80, Color: true}},
		{"other-ascii", other, Screen{Width: 80, ASCII: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			if err := Compare(&b, compare.Reports([]report.Report{before}, []report.Report{test.after}), test.screen); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "compare-"+test.name+".txt", b.String())
		})
	}
}
