package agent

import "testing"

// TestValuesOfRealSpans makes spans with attributes of one value, of two, and of a new
// value for each span.
func TestValuesOfRealSpans(t *testing.T) {
	r, _ := runLoad(t, newSession(t), defaultBudget, "-rate", "1000", "-spans", "10007")
	if len(r.Attributes) != 4 || r.Attributes[0].Key != "iteration" || r.Attributes[0].New.Low < 0.9 || r.Attributes[0].AtLeast < 1000 {
		t.Fatalf("attributes %+v, missing %v; want four, and iteration without bound", r.Attributes, r.Missing)
	}
	for _, a := range r.Attributes[1:] {
		want := map[string]uint64{"cache.hit": 2, "load": 1, "peer.service": 1}[a.Key]
		if a.Distinct != want || a.AtLeast != float64(want) || a.New.Value != 0 {
			t.Errorf("%+v, want %d values", a, want)
		}
	}
}
