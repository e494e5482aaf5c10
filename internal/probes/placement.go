package probes

import (
	"errors"
	"fmt"
)

// placement is one instruction of a function that a probe goes on.
type placement struct {
	Offset  uint64 // from the function's first byte
	Length  int    // of the instruction, in bytes
	Stepped bool   // the kernel must single-step it: some four times as dear
}

// ErrRefused says that otwatch will not put a probe somewhere because it is not
// certain what stands there: a probe in the wrong place corrupts the process.
var ErrRefused = errors.New("refusing to attach")

// errUnplaceable says that a function's code is not what a Go compiler makes,
// as far as this package can tell.
var errUnplaceable = fmt.Errorf("%w: otwatch cannot decode the function", ErrRefused)

// placer finds the places of probes in a function's machine code, for one
// architecture.
type placer struct {
	// enter returns the first instruction past the stack check. There the
	// arguments still are in their registers, and morestack, which runs a
	// function's first instructions again, cannot make a call count twice.
	enter func(code []byte) (placement, error)
	// returns returns every instruction that leaves the function.
	returns func(code []byte) ([]placement, error)
	// trap is what the kernel puts over the first bytes of a probed instruction.
	trap []byte
}

// placers holds a placer by GOARCH, so that each is tested wherever the tests
// run.
var placers = map[string]placer{
	"amd64": {enter: enterAMD64, returns: returnsAMD64, trap: trapAMD64},
	"arm64": {enter: enterARM64, returns: returnsARM64, trap: trapARM64},
}

// place returns the places that a row asks for in a function with the given
// code, the entry first.
func (p placer) place(row probe, code []byte) ([]placement, error) {
	entry, err := p.enter(code)
	if err != nil {
		return nil, fmt.Errorf("%s: no place past the stack check: %w", row.Symbol, err)
	}
	if row.At == enter {
		return []placement{entry}, nil
	}
	returns, err := p.returns(code)
	if err != nil {
		return nil, fmt.Errorf("%s: no certain list of its returns: %w", row.Symbol, err)
	}
	return append([]placement{entry}, returns...), nil
}
