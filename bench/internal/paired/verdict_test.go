package paired

import "testing"

func TestJudge(t *testing.T) {
	tests := []struct {
		name     string
		truth    Summary
		value    float64
		estimate Bounds
		want     string
	}{
		{"a tenth off", Summary{0.50, 0.49, 0.51, 10}, 0.549, Bounds{0.52, 0.58}, "within"},
		{"more than a tenth off", Summary{0.50, 0.49, 0.51, 10}, 0.56, Bounds{0.50, 0.62}, "short"},
		{"a point off a small share", Summary{0.04, 0.03, 0.05, 10}, 0.0499, Bounds{0.04, 0.06}, "within"},
		{"two points off a small share", Summary{0.04, 0.035, 0.045, 10}, 0.06, Bounds{0.04, 0.08}, "short"},
		{"the truth is vague and the intervals meet", Summary{0.20, 0.10, 0.30, 10}, 0.25, Bounds{0.22, 0.28}, "overlap"},
		{"the truth is vague upwards", Summary{0.20, 0.19, 0.30, 10}, 0.25, Bounds{0.22, 0.28}, "overlap"},
		{"the truth is vague and the intervals do not meet", Summary{0.20, 0.10, 0.30, 10}, 0.40, Bounds{0.35, 0.45}, "short"},
		{"too few pairs excuse nothing", Summarize([]float64{0.1, 0.3}), 0.25, Bounds{0.22, 0.28}, "short"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Judge(test.truth, test.value, test.estimate); got != test.want {
				t.Errorf("judged %q, want %q", got, test.want)
			}
		})
	}
}

func TestBoundsHold(t *testing.T) {
	b := Bounds{1, 2}
	for value, want := range map[float64]bool{0.9: false, 1: true, 1.5: true, 2: true, 2.1: false} {
		if b.Holds(value) != want {
			t.Errorf("%v holds %v: %v", b, value, !want)
		}
	}
}

func TestAgainst(t *testing.T) {
	tests := []struct {
		name   string
		values Summary
		want   string
	}{
		{"wholly below it", Summary{0.8, 0.5, 0.9, 10}, "within"},
		{"up to it", Summary{0.8, 0.5, 1, 10}, "within"},
		{"the median is below it, the interval reaches above", Summary{0.9, 0.5, 1.1, 10}, "not resolved: ±0.30"},
		{"the median is above it, the interval reaches below", Summary{1.2, 0.9, 1.5, 10}, "not resolved: ±0.30"},
		{"wholly above it", Summary{1.2, 1.1, 1.5, 10}, "over"},
		{"too few values to say", Summarize([]float64{0.1, 0.2}), "not resolved: 2 run(s)"},
		{"no values", Summarize(nil), "not resolved: 0 run(s)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.values.Against(1, "%.2f"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
