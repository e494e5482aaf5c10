package probes

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"
)

// maxPrologueAMD64 bounds, in bytes, the stack check and what precedes the setup of the
// frame. The longest known has 30.
const maxPrologueAMD64 = 48

// trapAMD64 is the INT3 that the kernel writes over a probed instruction.
var trapAMD64 = []byte{0xcc}

// enterAMD64 finds the PUSHQ BP of a prologue such as
//
//	+0  LEAQ -0x70(SP), R12        large frames only
//	+5  CMPQ R12, 0x10(R14)        g.stackguard0
//	+9  JBE  morestack
//	+15 PUSHQ BP                   the kernel emulates it: no single step
//	+16 MOVQ SP, BP
//
// A function without a frame has none: then it is the first instruction past
// the stack check, or the very first.
// Source: cmd/internal/obj/x86/obj6.go, preprocess and stacksplit.
func enterAMD64(code []byte) (placement, error) {
	checked := false
	for offset := 0; offset < min(len(code), maxPrologueAMD64); {
		inst, err := x86asm.Decode(code[offset:], 64)
		if err != nil {
			return placement{}, fmt.Errorf("%w: at +%#x: %w", errUnplaceable, offset, err)
		}
		here := placement{Offset: uint64(offset), Length: inst.Len, Stepped: true}
		switch {
		case inst.Op == x86asm.PUSH && inst.Args[0] == x86asm.RBP:
			here.Stepped = false
			return here, nil
		case inst.Op == x86asm.JBE || inst.Op == x86asm.JB: // to morestack; a huge frame has two
			checked = true
		case checked || offset == 0 && !isStackCheck(inst):
			return here, nil
		case !isStackCheck(inst):
			return placement{}, fmt.Errorf("%w: %v at +%#x in its stack check", errUnplaceable, inst.Op, offset)
		}
		offset += inst.Len
	}
	return placement{}, fmt.Errorf("%w: its prologue has no end", errUnplaceable)
}

// isStackCheck reports whether an instruction before the conditional jump belongs to the
// stack check: it uses R12, which is free when a function begins, or compares with g, in
// R14.
func isStackCheck(inst x86asm.Inst) bool {
	switch inst.Op {
	case x86asm.LEA, x86asm.MOV, x86asm.SUB:
		return inst.Args[0] == x86asm.R12
	case x86asm.CMP:
		guard, ok := inst.Args[1].(x86asm.Mem)
		return ok && guard.Base == x86asm.R14
	}
	return false
}
