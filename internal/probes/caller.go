package probes

import "slices"

// Caller is who made one of the calls of ForceFlush or Shutdown. Of many calls, a few are
// recorded. Stack has user addresses, the leaf first.
type Caller struct {
	Of     Operation
	Signal string
	Stack  []uint64
}

// withReturn adds the address that a probed function returns to, 0 if it is not known, to the
// first frames of its stack: frame pointers do not lead to it where the function begins or ends.
// New kernels add it themselves.
func withReturn(stack []uint64, frames uint32, returnsTo uint64) []uint64 {
	stack = slices.Clone(stack[:min(int(frames), len(stack))])
	if returnsTo != 0 && len(stack) > 0 && (len(stack) == 1 || stack[1] != returnsTo) {
		stack = slices.Insert(stack, 1, returnsTo)
	}
	return stack
}

func callerOf(r bpfCallerRecord) Caller {
	caller := Caller{Signal: signalOf(r.Probe), Stack: withReturn(r.Stack[:], r.Frames, r.ReturnAddress)}
	if caller.Signal != "" {
		caller.Of = catalogue[r.Probe].Of
	}
	return caller
}
