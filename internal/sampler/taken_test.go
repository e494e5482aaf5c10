package sampler

import (
	"math"
	"testing"
)

// TestThinningKeepsShares enters samples of which a quarter are of one stack, a quarter
// of ten, and all others of stacks of their own.
func TestThinningKeepsShares(t *testing.T) {
	const room, samples = 1 << 10, 200_000
	var few [11]*stack
	for i := range few {
		few[i] = &stack{}
	}
	one := newTaken(0)
	for i := range samples {
		switch i % 4 {
		case 0:
			one.add(few[0], 1, room)
		case 1:
			one.add(few[1+i/4%10], 1, room)
		default:
			one.add(&stack{age: i}, 1, room)
		}
	}
	var kept, ofFew uint64
	for _, n := range one.samples {
		kept += n
	}
	for _, s := range few[1:] {
		ofFew += one.samples[s]
	}
	if len(one.samples) > room || kept+one.lost != samples {
		t.Fatalf("%d stacks with %d samples and %d lost, want %d stacks at the most and %d samples", len(one.samples), kept, one.lost, room, samples)
	}
	for what, n := range map[string]uint64{"one stack": one.samples[few[0]], "ten stacks": ofFew} {
		share := float64(n) / float64(kept)
		if off := 5 * math.Sqrt(0.25*0.75/float64(kept)); math.Abs(share-0.25) > off { // by chance once in two million times
			t.Errorf("%s: %.3f of the samples, want 0.25 ± %.3f", what, share, off)
		}
	}
}

func TestFewStacksAreKeptWhole(t *testing.T) {
	one := newTaken(0)
	for range 1000 {
		one.add(&stack{}, 3, 1000)
	}
	if len(one.samples) != 1000 || one.lost != 0 {
		t.Errorf("%d stacks, %d lost", len(one.samples), one.lost)
	}
}

func TestKeepInterval(t *testing.T) {
	for _, test := range []struct {
		hz, cpus int
		seconds  float64
	}{{156, 2, 6.56}, {999, 256, 0.1}, {19, 1, 107.8}} {
		if got := keepInterval(test.hz, test.cpus).Seconds(); math.Abs(got-test.seconds) > 0.1 {
			t.Errorf("%d Hz on %d CPUs: every %v s, want %v", test.hz, test.cpus, got, test.seconds)
		}
	}
}
