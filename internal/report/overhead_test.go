package report

import (
	"strings"
	"testing"
)

func TestParseOverhead(t *testing.T) {
	if share, err := ParseOverhead("3%"); err != nil || share != 0.03 {
		t.Errorf("3%%: %v, %v", share, err)
	}
	for _, refused := range []string{"", "3", "0%", "100%", "-1%", "NaN%", "x%"} {
		if _, err := ParseOverhead(refused); err == nil || !strings.Contains(err.Error(), "as in 3%") {
			t.Errorf("%q: %v, want that it is refused", refused, err)
		}
	}
}

// TestTargetAndLimit has the rules by which the two shares of the CPU go
// together.
func TestTargetAndLimit(t *testing.T) {
	tests := []struct {
		name        string
		limit       float64
		target      float64
		wantLimit   float64
		wantTarget  float64
		wantRefused bool
	}{
		{"neither", 0, 0, 0.05, 0.05, false},
		{"the limit alone is the target", 0.1, 0, 0.1, 0.1, false},
		{"the target alone is the limit", 0, 0.03, 0.03, 0.03, false},
		{"a target above the default limit", 0, 0.2, 0.2, 0.2, false},
		{"a target below the limit", 0.05, 0.03, 0.05, 0.03, false},
		{"a target above the limit", 0.05, 0.1, 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := Limits{CPU: test.limit}
			var err error
			if test.target > 0 {
				l, err = l.WithTarget(test.target)
			}
			if (err != nil) != test.wantRefused {
				t.Fatalf("refused: %v", err)
			}
			if err != nil {
				return
			}
			if got := l.OrDefault(); got.CPU != test.wantLimit || got.Target != test.wantTarget {
				t.Errorf("limit %v, target %v; want %v and %v", got.CPU, got.Target, test.wantLimit, test.wantTarget)
			}
		})
	}
}
