package paired

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSummarize takes the values 1, 2, … n in descending order. The ranks are
// those of tables of the sign test at 95 %.
func TestSummarize(t *testing.T) {
	infinite := math.Inf(1)
	tests := []struct {
		n    int
		want Summary
	}{
		{1, Summary{1, -infinite, infinite, 1}},
		{2, Summary{1.5, -infinite, infinite, 2}},
		{5, Summary{3, -infinite, infinite, 5}},
		{6, Summary{3.5, 1, 6, 6}},
		{8, Summary{4.5, 1, 8, 8}},
		{9, Summary{5, 2, 8, 9}},
		{10, Summary{5.5, 2, 9, 10}},
		{12, Summary{6.5, 3, 10, 12}},
		{15, Summary{8, 4, 12, 15}},
		{20, Summary{10.5, 6, 15, 20}},
	}
	for _, test := range tests {
		var values []float64
		for i := test.n; i > 0; i-- {
			values = append(values, float64(i))
		}
		if diff := cmp.Diff(test.want, Summarize(values)); diff != "" {
			t.Errorf("%d values (-want +got):\n%s", test.n, diff)
		}
	}
}

func TestNothingIsSummarized(t *testing.T) {
	if s := Summarize(nil); !math.IsNaN(s.Median) || s.Bounded() {
		t.Errorf("no values have the summary %+v", s)
	}
}

func TestSummaryFormat(t *testing.T) {
	tests := []struct {
		values []float64
		want   string
	}{
		{nil, "none"},
		{[]float64{0.5, 0.7}, "0.60 [2 run(s)]"},
		{[]float64{1, 2, 3, 4, 5, 6}, "3.50 [1.00, 6.00]"},
	}
	for _, test := range tests {
		if got := Summarize(test.values).Format("%.2f"); got != test.want {
			t.Errorf("%v: %q, want %q", test.values, got, test.want)
		}
	}
}
