package findings

import "testing"

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0123: "0.0123", 1.236: "1.24", 99.94: "99.9", 1234.5: "1234", 2e6: "2000000"} {
		if got := short(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
