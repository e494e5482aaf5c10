package paired

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBeside(t *testing.T) {
	tests := []struct {
		name            string
		values          []float64
		between, around []float64
	}{
		{"none", nil, nil, nil},
		{"too few", []float64{1, 2}, nil, nil},
		{"a machine that grows slower", []float64{1, 10, 3, 30, 5}, []float64{10, 30}, []float64{2, 4}},
		{"the last has none behind it", []float64{1, 10, 3, 30}, []float64{10}, []float64{2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			between, around := Beside(test.values)
			if diff := cmp.Diff([][]float64{test.between, test.around}, [][]float64{between, around}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
