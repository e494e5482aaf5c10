package sampler

import "math/rand/v2"

// taken is the samples of one process, by stack. If there is no room for more stacks,
// samples are thinned: each is kept with the same probability, whatever its stack, so
// that shares stay right.
type taken struct {
	samples map[*stack]uint64
	lost    uint64 // whose stack could not be read, or had no room
	oneIn   uint64 // a sample is kept with a probability of 1/oneIn
	age     int    // of the stack maps at the time
}

func newTaken(stacks int) *taken { return &taken{samples: make(map[*stack]uint64, stacks), oneIn: 1} }

// add adds n samples of a stack. room is how many stacks there may be.
func (t *taken) add(of *stack, n uint64, room int) {
	kept := keep(n, t.oneIn)
	t.lost += n - kept
	if kept > 0 {
		t.samples[of] += kept
	}
	for len(t.samples) > room {
		t.thin()
	}
}

// thin drops each sample with a probability of one half.
func (t *taken) thin() {
	t.oneIn *= 2
	for stack, n := range t.samples {
		kept := keep(n, 2)
		t.lost += n - kept
		if t.samples[stack] = kept; kept == 0 {
			delete(t.samples, stack)
		}
	}
}

// keep returns how many of n samples are kept, each with a probability of 1/oneIn.
func keep(n, oneIn uint64) (kept uint64) {
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
