package probes

import (
	"errors"
	"fmt"
)

// placement is one instruction of a function that gets a probe.
type placement struct {
	Offset  uint64 // from the function's first byte
	Length  int    // of the instruction, in bytes
	Stepped bool   // the kernel must single-step it: some ten times as dear
	IfNil   bool   // the function returns no error from here on if result word 0 is 0 here
}

// ErrRefused means that otwatch does not place a probe because it is not certain which
// instruction is there: a misplaced probe corrupts the process.
var ErrRefused = errors.New("refusing to attach")

// errUnplaceable means that a function's code is not understood, although a Go compiler
// should have made it.
var errUnplaceable = fmt.Errorf("%w: otwatch cannot decode the function", ErrRefused)

// placer finds the instructions to probe in a function's machine code, for one
// architecture.
type placer struct {
	// enter returns the first instruction after the stack check. There the arguments are
	// still in their registers, and a call cannot be counted twice because of morestack,
	// which runs a function's first instructions again.
	enter func(code []byte) (placement, error)
	// returns returns every instruction that leaves the function.
	returns func(code []byte) ([]placement, error)
	// leaves returns the instructions, exactly one of which runs as the function returns, if
	// its only result is an error: those that leave it, or are IfNil.
	leaves func(code []byte) ([]placement, error)
	// trap is what the kernel writes over the first bytes of a probed instruction.
	trap []byte
}

// placers has a placer for each GOARCH. Tests test all of them on any architecture.
var placers = map[string]placer{
	"amd64": {enter: enterAMD64, returns: returnsAMD64, leaves: leavesAMD64, trap: trapAMD64},
	"arm64": {enter: enterARM64, returns: returnsARM64, leaves: returnsARM64, trap: trapARM64},
}

// placements returns the instructions that a row probes in a function with this code, the
// entry first.
func (p placer) placements(row probe, code []byte) ([]placement, error) {
	entry, err := p.enter(code)
	if err != nil {
		return nil, fmt.Errorf("%s: no place past the stack check: %w", row.Symbol, err)
	}
	if row.At == enter {
		return []placement{entry}, nil
	}
	find := p.returns
	if row.At == enterAndReturns {
		find = p.leaves
	}
	returns, err := find(code)
	if err != nil {
		return nil, fmt.Errorf("%s: no certain list of its returns: %w", row.Symbol, err)
	}
	return append([]placement{entry}, returns...), nil
}
