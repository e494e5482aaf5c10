package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestGateOfChange fails only where the interval of the change excludes what is allowed.
func TestGateOfChange(t *testing.T) {
	share := func(value, half float64) *estimate.Estimate { return estimate.Around(value, half, 400) }
	tests := []struct {
		gate          string
		before, after *estimate.Estimate
		want          string
	}{
		{"increase=cpu.tracing.share:1pt", share(0.05, 0.002), share(0.08, 0.002), Fail},
		{"increase=cpu.tracing.share:1pt", share(0.05, 0.002), share(0.062, 0.002), Pass}, // may be 0.9 points
		{"increase=cpu.tracing.share:1pt", share(0.05, 0.02), share(0.08, 0.02), Pass},
		{"increase=cpu.tracing.share:1pt", share(0.08, 0.002), share(0.02, 0.002), Pass},
		{"increase=cpu.tracing.share", share(0.05, 0.002), share(0.054, 0.002), Fail},
		{"increase=cpu.tracing.share", share(0.05, 0.002), share(0.052, 0.002), Pass},
		{"increase=cpu.tracing.share:50%", share(0.05, 0.002), share(0.09, 0.002), Fail},
		{"increase=cpu.tracing.share:50%", share(0.05, 0.002), share(0.076, 0.002), Pass},
		{"decrease=cpu.tracing.share:50%", share(0.09, 0.002), share(0.03, 0.002), Fail},
		{"decrease=cpu.tracing.share:50%", share(0.09, 0.002), share(0.044, 0.002), Pass},
		{"decrease=cpu.tracing.share:2pt", share(0.09, 0.002), share(0.03, 0.002), Fail},
		{"decrease=cpu.tracing.share:2pt", share(0.03, 0.002), share(0.09, 0.002), Pass},
		{"increase=cpu.tracing.share:1pt", nil, share(0.9, 0.002), Unknown},
		{"increase=cpu.tracing.share:1pt", share(0.05, 0.002), nil, Unknown},
	}
	for _, test := range tests {
		gate, err := ParseGate(test.gate)
		if err != nil {
			t.Fatal(err)
		}
		d := Reports([]report.Report{reportOf("a", test.before)}, []report.Report{reportOf("a", test.after)}, gate)
		if got := d.Targets[0].Gates; len(got) != 1 || got[0].Verdict != test.want || got[0].Evidence == "" {
			t.Errorf("%s, %v to %v: %+v, want %s", test.gate, test.before, test.after, got, test.want)
		}
	}
}

// TestGateOfNegative has figures below 0, of which a relative change has the same direction.
func TestGateOfNegative(t *testing.T) {
	growth := func(megabytes float64) report.Report {
		r := reportOf("a", nil)
		r.Memory.GrowthBytesPerMinute = estimate.Around(megabytes*1e6, 1e6, 400)
		return r
	}
	for _, test := range []struct {
		gate          string
		before, after float64
		want          string
	}{
		{"increase=memory.growth_bytes_per_minute:100%", -50, -50, Pass},
		{"increase=memory.growth_bytes_per_minute:100%", -50, 10, Fail},
		{"decrease=memory.growth_bytes_per_minute:10%", -50, -50, Pass},
		{"decrease=memory.growth_bytes_per_minute:10%", -50, -70, Fail},
	} {
		gate, err := ParseGate(test.gate)
		if err != nil {
			t.Fatal(err)
		}
		got := Reports([]report.Report{growth(test.before)}, []report.Report{growth(test.after)}, gate).Targets[0].Gates[0]
		if got.Verdict != test.want || !strings.Contains(got.Evidence, "−50 MB") {
			t.Errorf("%s, %g to %g: %+v, want %s", test.gate, test.before, test.after, got, test.want)
		}
	}
}

func TestGateOfLosses(t *testing.T) {
	whole := func(dropped *estimate.Estimate) report.Report {
		r := reportOf("a", nil)
		r.Spans.Dropped, r.Spans.Failed, r.Spans.LostAtExit = dropped, estimate.Counted(0), estimate.Counted(0)
		if dropped == nil {
			r.Missing = []snapshot.Missing{{What: "spans.dropped", Why: "no processor is known"}}
		}
		return r
	}
	gate, err := ParseGate("lost")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dropped  *estimate.Estimate
		want     string
		evidence string
	}{
		{estimate.Counted(0), Pass, "no span"},
		{estimate.Counted(52), Fail, "52 spans were dropped"},
		{estimate.AtLeast(0, 9), Unknown, "up to 9"},
		{nil, Unknown, "no processor is known"},
	} {
		got := Reports([]report.Report{whole(estimate.Counted(7))}, []report.Report{whole(test.dropped)}, gate).Targets[0].Gates[0]
		if got.Verdict != test.want || !strings.Contains(got.Evidence, test.evidence) {
			t.Errorf("%v: %+v, want %s because of %q", test.dropped, got, test.want, test.evidence)
		}
	}
}

func TestParseGate(t *testing.T) {
	for _, figure := range gated() {
		if _, err := ParseGate("increase=" + figure + ":10%"); err != nil {
			t.Error(err)
		}
		if _, err := ParseGate("decrease=" + figure + ":" + unitsOfBounds[Unit(figure)].example); err != nil {
			t.Error(err)
		}
	}
	for text, says := range map[string]string{
		"":                                    "must be lost, increase=",
		"cpu.tracing.share":                   "must be lost, increase=",
		"increase":                            `no figure ""`,
		"increase=cpu":                        "the figures are cpu.",
		"increase=export.duration_ms.p99:5ms": "has no interval",
		"increase=cpu.tracing.share:5ms":      "such as 1pt",
		"increase=cpu.tracing.share:-1pt":     "such as 1pt",
		"increase=cpu.tracing.share:NaN%":     "such as 1pt",
		"increase=cpu.tracing.share:":         "such as 1pt",
		"increase=spans.cost_us:1pt":          "such as 200us",
		"increase=spans.cost_us:5":            "such as 200us",
	} {
		if _, err := ParseGate(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want an error that says %q", text, err, says)
		}
	}
}

// TestReadings are exactly the figures that never have an interval.
func TestReadings(t *testing.T) {
	for _, f := range figures {
		r := reportOf("a", estimate.Around(0.1, 0.01, 9))
		one, n, e := 1.0, uint64(1), estimate.Around(1, 0.1, 9)
		r.CPU.OpenTelemetry.Share, r.CPU.Instrumentation = e, e
		r.CPU.Tracing.Seconds, r.CPU.Metrics, r.CPU.Logs = e, e, e
		r.Spans = report.Spans{Started: e, Ended: e, Dropped: e, Failed: e, CostUS: e, AttributeBytes: e}
		r.Request = report.Request{CostUS: e, BlockedUS: e}
		r.Queue.Utilization, r.Export.DurationMS.P50, r.Export.DurationMS.P99, r.Export.Batch.Mean = &one, &one, &one, &one
		r.Export.Compression, r.Export.Bytes = &report.Compression{SentBytes: 9}, &n
		r.Alloc.TracingShare, r.Memory.GrowthBytesPerMinute = e, e
		if got := f.of(r); got == nil || (got.Low == nil) != slices.Contains(readings, f.name) {
			t.Errorf("%s: %+v; it is among the readings: %v", f.name, got, slices.Contains(readings, f.name))
		}
	}
}
