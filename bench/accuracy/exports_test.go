package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// TestExportRuns has one run whose figures are close and whose intervals hold the truth, and one
// that claims less, and is off.
func TestExportRuns(t *testing.T) {
	of := func(v float64) *float64 { return &v }
	within := func(low, high float64) *estimate.Estimate { return &estimate.Estimate{Low: low, High: high} }
	var good, bad report.Report
	for _, r := range []*report.Report{&good, &bad} {
		r.Window.Seconds, r.CPU.ProcessSeconds, r.Export.Observed = 10, 2, of(0.1)
	}
	good.Probe.TargetCPUSeconds, bad.Probe.TargetCPUSeconds = 0.01, 0.03
	good.Export.OperationsEstimate, bad.Export.OperationsEstimate = within(90, 110), within(60, 90)
	good.Export.DurationMS = report.Quantiles{P50: of(5.2), P90: of(19), P99: of(20)}
	good.Export.DurationEstimateMS = report.QuantileEstimates{P50: within(4, 6), P90: within(6, 19.9), P99: within(19, 21)}
	bad.Export.DurationMS = report.Quantiles{P50: of(4), P90: of(25)}
	bad.Export.DurationEstimateMS = report.QuantileEstimates{P50: within(3.8, 4.5)}
	truth := map[string]float64{"exports": 100, "p50_us": 5000, "p90_us": 20_000, "p99_us": 20_000}
	var runs exportRuns
	runs.add(good, truth)
	runs.add(bad, truth)
	want := []string{"x", "0.10 [2 run(s)]", "1 of 2", "1 of 2", "1 of 2", "1 of 2", "1 of 1", "1 of 1", "1 of 1", "1.00 [2 run(s)]"}
	got := runs.row("x")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got)+2 != len(exportHeader) {
		t.Errorf("%d cells and two under %d heads", len(got), len(exportHeader))
	}
}
