package estimate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestQuantileIsTheNearestRank(t *testing.T) {
	ten := []int{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}
	tests := []struct {
		name   string
		sorted []int
		q      float64
		want   int
	}{
		{"the only one", []int{7}, 0.5, 7},
		{"the only one, at 99 %", []int{7}, 0.99, 7},
		{"of two, the lower is the median", []int{1, 2}, 0.5, 1},
		{"of three, the middle", []int{1, 2, 3}, 0.5, 2},
		{"of ten, the fifth", ten, 0.5, 50},
		{"of ten, the ninth", ten, 0.9, 90},
		{"just above a rank", ten, 0.9001, 100},
		{"of ten, p99 is the last", ten, 0.99, 100},
		{"0 is the first", ten, 0, 10},
		{"1 is the last", ten, 1, 100},
		{"below 0", ten, -1, 10},
		{"above 1", ten, 2, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Quantile(test.sorted, test.q); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestQuantileDefinition checks the definition by counting.
func TestQuantileDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		values := make([]int, 1+random.IntN(50))
		for i := range values {
			values[i] = random.IntN(20)
		}
		slices.Sort(values)
		q := random.Float64()
		got := Quantile(values, q)
		upTo := func(v int) (share float64) {
			for _, value := range values {
				if value <= v {
					share++
				}
			}
			return share / float64(len(values))
		}
		if !slices.Contains(values, got) || upTo(got) < q || got > values[0] && upTo(got-1) >= q {
			t.Fatalf("Quantile(%v, %v) = %d", values, q, got)
		}
	}
}

func TestQuantileOfNothingPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it returned")
		}
	}()
	Quantile([]int{}, 0.5)
}
