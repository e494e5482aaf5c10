package view

import (
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
)

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		name   string
		format func(float64) string
		v      float64
		want   string
	}{
		{"rate", perSecond, 41210.4, "41,210/s"},
		{"low rate", perSecond, 0.4, "0.4/s"},
		{"very low rate", perSecond, 0.0001, "<0.01/s"},
		{"no rate", perSecond, 0, "0/s"},
		{"rate below ten", perSecond, 8.2, "8.2/s"},
		{"rate near ten", perSecond, 9.97, "10/s"},
		{"milliseconds", milliseconds, 8.2, "8.2 ms"},
		{"whole", milliseconds, 8, "8 ms"},
		{"microseconds", milliseconds, 0.0019, "1.9 µs"},
		{"seconds", milliseconds, 10003, "10 s"},
		{"almost a second", milliseconds, 999.7, "1 s"},
		{"cores", cores, 2.62, "2.62 cores"},
		{"part of a core", cores, 0.006, "0.6 % of a core"},
		{"memory", memory, 182e6, "182 MB"},
		{"seconds elapsed", elapsed, 42.4, "42 s"},
		{"minutes", elapsed, 185, "3 min 05 s"},
		{"hours", elapsed, 7620, "2 h 07 min"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.format(test.v); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCoresOf(t *testing.T) {
	for _, test := range []struct {
		part, whole float64
		want        string
	}{
		{0.21, 2.62, "0.21 of 2.62 cores"},
		{0.0004, 2.62, "<0.01 of 2.62 cores"},
		{0, 2.62, "0.00 of 2.62 cores"},
		{0.013, 0.064, "1.3 of 6.4 % of a core"},
	} {
		if got := coresOf(test.part, test.whole); got != test.want {
			t.Errorf("%v of %v: got %q, want %q", test.part, test.whole, got, test.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for want, us := range map[string]*estimate.Estimate{
		"–": nil, "0 µs each": estimate.Counted(0), "450 µs each (410–490)": around(450, 410, 490, 9),
		"499 ms each (480–520)": around(499414, 480000, 520000, 9), "1.2 s each (0.9–1.5)": around(1.2e6, 0.9e6, 1.5e6, 9),
	} {
		if got := duration(us, " each"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEstimates(t *testing.T) {
	for _, test := range []struct {
		name     string
		e        *estimate.Estimate
		short    string
		withSpan string
	}{
		{"unknown", nil, "–", "–"},
		{"counted", estimate.Counted(1204), "1,204", "1,204 spans"},
		{"at least", estimate.AtLeast(1204, 96), "≥1,204", "1,204 spans (1,204–1,300)"},
		{"at most", around(10, 4, 10, 3), "≤10", "10 spans (4–10)"},
		{"estimated", around(312, 280, 350, 9), "≈312", "312 spans (280–350)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := marked(test.e, count); got != test.short {
				t.Errorf("marked: got %q, want %q", got, test.short)
			}
			if got := withInterval(test.e, count, " spans"); got != test.withSpan {
				t.Errorf("withInterval: got %q, want %q", got, test.withSpan)
			}
		})
	}
}
