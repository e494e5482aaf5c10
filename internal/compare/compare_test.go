package compare

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// reportOf is of a program whose tracing takes share of its CPU time.
func reportOf(service string, share *estimate.Estimate, findings ...report.Finding) report.Report {
	r := report.Report{Target: report.Target{ServiceName: service, Exe: "/srv/" + service}, Window: report.Window{Seconds: 10}, Findings: findings}
	r.CPU.Tracing.Share = share
	return r
}

func change(t *testing.T, c Comparison, name string) Change {
	t.Helper()
	for _, f := range c.Figures {
		if f.Figure == name {
			return f
		}
	}
	t.Fatalf("no figure %s", name)
	return Change{}
}

func TestClaimed(t *testing.T) {
	around := func(value, half float64) *estimate.Estimate { return estimate.Around(value, half, 100) }
	tests := []struct {
		name          string
		before, after *estimate.Estimate
		known         bool
		claimed       bool
	}{
		{"apart", around(0.08, 0.01), around(0.02, 0.01), true, true},
		{"the same", around(0.08, 0.01), around(0.08, 0.01), true, false},
		{"overlapping, difference holds 0", around(0.08, 0.01), around(0.07, 0.01), true, false},
		{"overlapping a little, difference does not", around(0.08, 0.01), around(0.062, 0.01), true, true},
		{"exact", around(0.08, 0), around(0.081, 0), true, true},
		{"unknown before", nil, around(0.08, 0.01), false, false},
		{"unknown after", around(0.08, 0.01), nil, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := Reports([]report.Report{reportOf("a", test.before)}, []report.Report{reportOf("a", test.after)})
			got := change(t, d.Targets[0], "cpu.tracing.share")
			if got.Claimed != test.claimed || (got.Difference != nil) != test.known {
				t.Errorf("claimed %v, difference %v", got.Claimed, got.Difference)
			}
		})
	}
}

// TestReading shows a change of a figure that has no interval, and claims nothing.
func TestReading(t *testing.T) {
	before, after := reportOf("a", nil), reportOf("a", nil)
	slow, fast := 100.0, 10.0
	before.Export.DurationMS.P99, after.Export.DurationMS.P99 = &slow, &fast
	got := change(t, compareTwo(before, after, nil), "export.duration_ms.p99")
	if got.Claimed || got.Difference.Value != -90 || got.Difference.Low != nil {
		t.Errorf("%+v, want -90 and no claim", got)
	}
}

// TestPart divides counts over windows of unlike length.
func TestPart(t *testing.T) {
	r := reportOf("a", nil)
	r.Spans.Ended, r.Spans.Dropped = estimate.Counted(1000), estimate.Counted(52)
	c := compareTwo(r, r, nil)
	if got := change(t, c, "spans.dropped_share").Before.Value; got != 0.052 {
		t.Errorf("dropped share %v, want 0.052", got)
	}
	if got := change(t, c, "spans.ended_per_second").Before.Value; got != 100 {
		t.Errorf("%v spans a second, want 100", got)
	}
}

func TestFindings(t *testing.T) {
	before := reportOf("a", nil, report.Finding{ID: "span-drop"}, report.Finding{ID: "uncompressed"})
	after := reportOf("a", nil, report.Finding{ID: "uncompressed"}, report.Finding{ID: "export-slow"})
	c := compareTwo(before, after, nil)
	for what, got := range map[string][]Finding{"span-drop": c.Cleared, "export-slow": c.Appeared, "uncompressed": c.Remaining} {
		if len(got) != 1 || got[0].ID != what {
			t.Errorf("%v, want %s alone", got, what)
		}
	}
}

func TestExpectations(t *testing.T) {
	tests := []struct {
		name     string
		figure   string
		expected float64 // of 0.1, 0.09 to 0.11
		after    *estimate.Estimate
		want     string
	}{
		{"no change expected, nor claimed", "cpu.tracing.share", 0.1, estimate.Around(0.115, 0.012, 9), Unclaimed},
		{"no change expected, but one claimed", "cpu.tracing.share", 0.1, estimate.Around(0.13, 0.01, 9), DidNot},
		{"a change expected, none claimed", "cpu.tracing.share", 0.02, estimate.Around(0.095, 0.01, 9), DidNot},
		{"as expected", "cpu.tracing.share", 0.02, estimate.Around(0.021, 0.0001, 9), CameTrue},
		{"in the interval", "cpu.tracing.share", 0.02, estimate.Around(0.04, 0.03, 9), CameTrue},
		{"too little", "cpu.tracing.share", 0.02, estimate.Around(0.06, 0.01, 9), DidNot},
		{"not known", "cpu.tracing.share", 0.02, nil, Unclaimed},
		{"no such figure", "karma", 1, estimate.Around(0.06, 0.01, 9), Unclaimed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			finding := report.Finding{ID: "sampling-high", Advice: []report.Advice{{Title: "sample less", Expected: map[string]float64{test.figure: test.expected}}}}
			got := compareTwo(reportOf("a", estimate.Around(0.1, 0.01, 9), finding), reportOf("a", test.after), nil).Expectations
			if len(got) != 1 || got[0].Outcome != test.want {
				t.Errorf("%+v, want that it %s", got, test.want)
			}
		})
	}
}

// TestExpectedReading has a figure without an interval, of which no change can be claimed.
func TestExpectedReading(t *testing.T) {
	for name, test := range map[string]struct {
		expected, after float64
		want            string
	}{
		"the same":                    {512, 512, CameTrue},
		"hardly another":              {512, 508, Unclaimed},
		"halved as expected":          {256, 280, CameTrue},
		"not halved, though expected": {256, 500, DidNot},
	} {
		before, after := 512.0, test.after
		finding := report.Finding{Advice: []report.Advice{{Expected: map[string]float64{"export.batch.mean": test.expected}}}}
		a, b := reportOf("a", nil, finding), reportOf("a", nil)
		a.Export.Batch.Mean, b.Export.Batch.Mean = &before, &after
		if got := compareTwo(a, b, nil).Expectations; got[0].Outcome != test.want {
			t.Errorf("%s: %s, want that it %s", name, got[0].Outcome, test.want)
		}
	}
}

func TestPrograms(t *testing.T) {
	a, b, c := reportOf("a", nil), reportOf("b", nil), reportOf("c", nil)
	tests := []struct {
		name          string
		before, after []report.Report
		targets       int
		warnings      string
	}{
		{"one program", []report.Report{a}, []report.Report{a}, 1, ""},
		{"different programs", []report.Report{a}, []report.Report{b}, 1, "different programs: a (a) before, b (b) after"},
		{"several", []report.Report{a, b}, []report.Report{b, a}, 2, ""},
		{"one gone, one new", []report.Report{a, b}, []report.Report{b, c}, 1, "a (a) is in the first file only c (c) is in the second file only"},
		{"none", nil, nil, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := Reports(test.before, test.after)
			if got := strings.Join(d.Warnings, " "); len(d.Targets) != test.targets || !strings.Contains(got, test.warnings) || (test.warnings == "") != (got == "") {
				t.Errorf("%d targets, warnings %q", len(d.Targets), got)
			}
		})
	}
}
