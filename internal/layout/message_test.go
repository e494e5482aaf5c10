package layout

import "testing"

func TestEncodedSize(t *testing.T) {
	for version, want := range map[string]uint64{
		"v1.28.0": 100, "v1.34.1": 100, "v1.34.2": 99, "v1.35.0": 99, "v1.36.12": 99,
		"": 0, "v2.0.0": 0, "v1.36.12-0.20260101000000-0123456789ab": 0, "v1.99999999999999999999.0": 0,
	} {
		if got := EncodedSize(version, 100); got != want {
			t.Errorf("%q: %d, want %d", version, got, want)
		}
	}
}
