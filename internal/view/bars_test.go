package view

import "testing"

func TestSparkline(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []uint64
		top    uint64
		want   string
	}{
		{"empty", nil, 100, "     "},
		{"growing", []uint64{0, 50, 100}, 100, "▁▅█  "},
		{"the latest", []uint64{100, 100, 0, 12, 25, 99, 100}, 100, "▁▁▃██"},
		{"above the top", []uint64{300}, 100, "█    "},
		{"no top", []uint64{3}, 0, "▁    "},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := sparkline(test.values, test.top, 5); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBar(t *testing.T) {
	for fraction, want := range map[float64]string{0: "", 0.5: "█████", 0.65: "██████▌", 1: "██████████", 2: "██████████", 0.0125: "▏"} {
		if got := bar(fraction, 10); got != want {
			t.Errorf("bar(%v) is %q, want %q", fraction, got, want)
		}
	}
}
