package sampler

import "math/rand/v2"

// taken are samples of one process, by their stacks. Where those are more than there
// is room for, one sample in so many is kept, whatever its stack: what is lost then is
// the same part of everything, and shares stay as they are.
type taken struct {
	samples map[*stack]uint64
	lost    uint64 // whose stack could not be read, or had no room
	oneIn   uint64 // samples, of which one is kept
	age     int    // of the maps, when it was taken
}

func newTaken(stacks int) *taken { return &taken{samples: make(map[*stack]uint64, stacks), oneIn: 1} }

// add enters samples of a stack, of which there may be so many.
func (t *taken) add(of *stack, n uint64, room int) {
	kept := drawn(n, t.oneIn)
	t.lost += n - kept
	if kept > 0 {
		t.samples[of] += kept
	}
	for len(t.samples) > room {
		t.thin()
	}
}

// thin keeps every second sample, drawn by lot.
func (t *taken) thin() {
	t.oneIn *= 2
	for stack, n := range t.samples {
		kept := drawn(n, 2)
		t.lost += n - kept
		if t.samples[stack] = kept; kept == 0 {
			delete(t.samples, stack)
		}
	}
}

// drawn is how many of n are, where each is with a chance of one in so many.
func drawn(n, oneIn uint64) (kept uint64) {
	if oneIn == 1 {
		return n
	}
	for range n {
		if rand.Uint64N(oneIn) == 0 {
			kept++
		}
	}
	return kept
}
