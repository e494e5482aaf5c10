package view

import "testing"

func TestPen(t *testing.T) {
	var line, area pen
	for i, known := range []bool{true, true, false, true} {
		if !known {
			line.lift()
			area.lift()
			continue
		}
		x := float64(i)
		line.to(x, 1)
		area.to(x, 1)
		area.back(x, 2)
	}
	if got, want := line.path(), "M0.0 1.0L1.0 1.0M3.0 1.0L3.0 1.0"; got != want {
		t.Errorf("path %q, want %q", got, want)
	}
	if got, want := area.area(), "M0.0 1.0L1.0 1.0L1.0 2.0L0.0 2.0ZM3.0 1.0L3.0 2.0Z"; got != want {
		t.Errorf("area %q, want %q", got, want)
	}
}
