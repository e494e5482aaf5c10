package estimate

import "testing"

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0 %", 0.0001: "<0.1 %", 0.0012: "0.1 %", 0.05: "5 %", 0.079: "7.9 %", 0.0995: "10 %", 0.15: "15 %", 0.461: "46 %",
		0.951: "95 %", 0.996: "99.6 %", 0.9999: ">99.9 %", 1: "100 %", 2.5: "250 %", 12.3: "1,230 %",
	} {
		if got := Percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
}
