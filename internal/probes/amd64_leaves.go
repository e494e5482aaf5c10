package probes

import (
	"fmt"
	"slices"

	"golang.org/x/arch/x86/x86asm"
)

// body is the instructions of a function, from the first to the last.
type body []instruction

// instruction is an instruction at an offset from the function's first byte.
type instruction struct {
	x86asm.Inst
	offset int
}

// decodeAMD64 decodes the code from the first byte to the last; INT3 pads the end. A jump out
// of the function would be a return without a probe, so it is refused.
func decodeAMD64(code []byte) (body, error) {
	var b body
	for offset := 0; offset < len(code); {
		inst, err := x86asm.Decode(code[offset:], 64)
		if err != nil {
			return nil, fmt.Errorf("%w: at +%#x: %w", errUnplaceable, offset, err)
		}
		i := instruction{inst, offset}
		if to, ok := i.jumpsTo(); ok && inst.Op == x86asm.JMP && (to < 0 || to >= len(code)) {
			return nil, fmt.Errorf("%w: it leaves by a jump at +%#x", errUnplaceable, offset)
		}
		b = append(b, i)
		offset += inst.Len
	}
	return b, nil
}

// returnsAMD64 finds every RET.
func returnsAMD64(code []byte) ([]placement, error) {
	b, err := decodeAMD64(code)
	if err != nil {
		return nil, err
	}
	return b.returns()
}

func (b body) returns() ([]placement, error) {
	var returns []placement
	for _, i := range b {
		if i.Op == x86asm.RET {
			returns = append(returns, i.placement())
		}
	}
	if len(returns) == 0 {
		return nil, fmt.Errorf("%w: it has no RET", errUnplaceable)
	}
	return returns, nil
}

// leavesAMD64 finds where a function that returns an error returns: every RET, or in place of
// one that only follows when an error was tested and is nil, the conditional jump behind the
// test. The kernel emulates that, and single-steps a RET:
//
//	CALL R9              err := e.client.UploadTraces(...)
//	TESTQ AX, AX         if err != nil
//	JE   success
//	...
//	success:
//	XORL AX, AX          return nil
//	XORL BX, BX
//	ADDQ $0x40, SP
//	POPQ BP
//	RET
func leavesAMD64(code []byte) ([]placement, error) {
	b, err := decodeAMD64(code)
	if err != nil {
		return nil, err
	}
	leaves, err := b.returns()
	if err != nil || b.jumpsAnywhere() {
		return leaves, err
	}
	for i := range leaves {
		if test, ok := b.testBefore(leaves[i]); ok {
			leaves[i] = test
		}
	}
	return leaves, nil
}

// testBefore finds the only way to a RET, if that is a test whether AX is 0.
func (b body) testBefore(ret placement) (placement, bool) {
	last := slices.IndexFunc(b, func(i instruction) bool { return i.offset == int(ret.Offset) })
	first := last
	for first > 0 && b[first-1].returnsNil() {
		first--
	}
	jumps := b.jumpsInto(b[first].offset, b[last].offset)
	behind := first > 0 && b[first-1].goesOn()
	switch {
	case len(jumps) == 1 && !behind && b[jumps[0]].Op == x86asm.JE:
		return b.tested(jumps[0])
	case len(jumps) == 0 && behind && b[first-1].Op == x86asm.JNE:
		return b.tested(first - 1)
	}
	return placement{}, false
}

// tested is the place of a conditional jump, if a test of AX comes right before it and nothing
// else leads to it.
func (b body) tested(jump int) (placement, bool) {
	at := b[jump].offset
	if jump == 0 || !b[jump-1].testsAX() || len(b.jumpsInto(at, at)) > 0 {
		return placement{}, false
	}
	place := b[jump].placement()
	place.IfNil = true
	return place, true
}

// jumpsInto lists the jumps whose target is from one offset to another.
func (b body) jumpsInto(first, last int) (jumps []int) {
	for n, i := range b {
		if to, ok := i.jumpsTo(); ok && to >= first && to <= last {
			jumps = append(jumps, n)
		}
	}
	return jumps
}

// jumpsAnywhere reports whether there is a jump whose target is computed, as for a switch.
func (b body) jumpsAnywhere() bool {
	return slices.ContainsFunc(b, func(i instruction) bool {
		_, ok := i.jumpsTo()
		return i.Op == x86asm.JMP && !ok
	})
}

// placement is the place of the instruction. The kernel emulates conditional jumps.
func (i instruction) placement() placement {
	return placement{Offset: uint64(i.offset), Length: i.Len, Stepped: i.Op == x86asm.RET}
}

// jumpsTo is the offset that a jump, conditional or not, leads to.
func (i instruction) jumpsTo() (to int, ok bool) {
	rel, ok := i.Args[0].(x86asm.Rel)
	return i.offset + i.Len + int(rel), ok && i.Op != x86asm.CALL
}

// goesOn reports whether the next instruction may be the next that runs.
func (i instruction) goesOn() bool {
	switch i.Op {
	case x86asm.RET, x86asm.JMP, x86asm.UD2, x86asm.INT:
		return false
	}
	return true
}

// returnsNil reports whether the instruction may be part of a return of nil: whoever comes
// there with 0 in AX returns it.
func (i instruction) returnsNil() bool {
	switch i.Op {
	case x86asm.XOR: // of a register with itself
		return i.Args[0] == i.Args[1]
	case x86asm.ADD, x86asm.SUB:
		return i.Args[0] == x86asm.RSP
	case x86asm.POP:
		return i.Args[0] == x86asm.RBP
	case x86asm.NOP:
		return true
	}
	return false
}

func (i instruction) testsAX() bool {
	return i.Op == x86asm.TEST && i.Args[0] == x86asm.RAX && i.Args[1] == x86asm.RAX
}
