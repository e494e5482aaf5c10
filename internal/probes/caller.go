package probes

import "slices"

// Caller is who made one of the calls of ForceFlush or Shutdown. Of many calls, a few are
// recorded. Stack has user addresses, the leaf first.
type Caller struct {
	Of     Operation
	Signal string
	Stack  []uint64
}

// callerOf adds the address that the function returns to, which the frame pointers of its
// first instruction do not lead to. New kernels add it themselves.
func callerOf(r bpfCallerRecord) Caller {
	stack := slices.Clone(r.Stack[:min(int(r.Frames), len(r.Stack))])
	if len(stack) > 0 && (len(stack) == 1 || stack[1] != r.ReturnAddress) {
		stack = slices.Insert(stack, 1, r.ReturnAddress)
	}
	caller := Caller{Signal: signalOf(r.Probe), Stack: stack}
	if caller.Signal != "" {
		caller.Of = catalogue[r.Probe].Of
	}
	return caller
}
