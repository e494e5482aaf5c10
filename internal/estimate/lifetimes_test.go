package estimate

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestLifetimes(t *testing.T) {
	ms := func(all ...int) (d []time.Duration) {
		for _, n := range all {
			d = append(d, time.Duration(n)*time.Millisecond)
		}
		return d
	}
	for _, test := range []struct {
		name              string
		ended, open, more []time.Duration
		weights           []float64
		others            float64
	}{
		{"nothing is known", nil, nil, ms(5), nil, 1},
		{"none is open", ms(1, 2, 4, 8), nil, ms(0, 3), []float64{0.25, 0.25, 0.75, 0.75}, 0},
		{"as old as the longest", ms(1, 2), nil, ms(2, 3), []float64{0, 0}, 2},
		// The open one of 3 ms is as likely to last for 4 as for 8.
		{"one is open", ms(1, 2, 4, 8), ms(3), ms(3), []float64{0, 0, 0.5, 0.5}, 0},
		// The open one of 9 ms lasts longer than all: 3 ms old ones do in one case of three.
		{"one lasts longer than all", ms(1, 2, 4, 8), ms(3, 9), ms(3, 3, 3), []float64{0, 0, 1, 1}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			weights, others := NewLifetimes(test.ended, test.open).Complete(test.more)
			near(t, "others", others, test.others)
			sum := others
			for i := range weights {
				near(t, "a weight", weights[i], test.weights[i])
				sum += weights[i]
			}
			near(t, "the sum", sum, float64(len(test.more)))
		})
	}
}

// TestLongOnesInShortWindows looks for 30 ms at a time at things that last for 2 ms, or for 20
// ms, one in five. Among those that end in a window long ones are fewer: completed by the open
// ones, they are a fifth.
func TestLongOnesInShortWindows(t *testing.T) {
	const windows, window, long = 400, 30 * time.Millisecond, 20 * time.Millisecond
	random := rand.New(rand.NewPCG(1, 2))
	var ended, open []time.Duration
	for range windows {
		for at := time.Duration(0); at < window; at += time.Duration(random.ExpFloat64() * float64(time.Millisecond)) {
			lasts := 2 * time.Millisecond
			if random.IntN(5) == 0 {
				lasts = long
			}
			if at+lasts <= window {
				ended = append(ended, lasts)
			} else {
				open = append(open, window-at)
			}
		}
	}
	slices.Sort(ended)
	slices.Sort(open)
	share := func(weights []float64) float64 {
		var longs, all float64
		for i, d := range ended {
			all += 1 + weights[i]
			if d == long {
				longs += 1 + weights[i]
			}
		}
		return longs / all
	}
	if naive := share(make([]float64, len(ended))); naive > 0.12 {
		t.Errorf("%.3f of those that end in a window are long: windows are too long to show anything", naive)
	}
	weights, others := NewLifetimes(ended, open).Complete(open)
	if got := share(weights); got < 0.19 || got > 0.21 || others > 0 {
		t.Errorf("%.3f are long, and %v longer than all; want a fifth, and none", got, others)
	}
}
