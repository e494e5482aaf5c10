package probes

import (
	"encoding/binary"
	"fmt"
)

// wordARM64 is the length of every arm64 instruction, in bytes.
const wordARM64 = 4

// maxPrologueARM64 bounds the stack check, in instructions. The longest has eight, for a
// frame so large that its size needs a register.
const maxPrologueARM64 = 10

// loadGuardARM64 is the LDR X16, [X28, #16] that every stack check begins with:
// g.stackguard0.
const loadGuardARM64 = 0xf9400b90

// trapARM64 is the BRK #5 that the kernel writes over a probed instruction. Source:
// arch/arm64/include/asm/brk-imm.h, UPROBES_BRK_IMM.
var trapARM64 = []byte{0xa0, 0x00, 0x20, 0xd4}

// enterARM64 finds the first instruction past a stack check such as
//
//	+0  MOVD 16(R28), R16          g.stackguard0
//	+4  SUB  $48, RSP, R17         large frames only
//	+8  CMP  R16, R17
//	+12 BLS  morestack
//	+16 MOVD.W R30, -176(RSP)      stores the return address: single-stepped
//
// The kernel emulates branches, address computations and loads of literals, and
// steps the rest, so no instruction of a frame's setting up is cheaper. The BLS
// itself would be, but runs again after morestack. Without a stack check it is
// the very first instruction.
// Source: cmd/internal/obj/arm64/obj7.go, stacksplit;
// arch/arm64/kernel/probes/decode-insn.c, arm_probe_decode_insn.
func enterARM64(code []byte) (placement, error) {
	words, err := wordsARM64(code)
	if err != nil {
		return placement{}, err
	}
	if words[0] != loadGuardARM64 {
		return placementARM64(words, 0), nil
	}
	checked := false
	for i := 1; i < min(len(words), maxPrologueARM64); i++ {
		switch {
		case isBranchToMorestackARM64(words[i]):
			checked = true
		case isStackCheckARM64(words[i]): // goes on: a huge frame has two branches
		case checked:
			return placementARM64(words, i), nil
		default:
			return placement{}, fmt.Errorf("%w: instruction %#08x at +%#x in its stack check", errUnplaceable, words[i], i*wordARM64)
		}
	}
	return placement{}, fmt.Errorf("%w: its prologue has no end", errUnplaceable)
}

// isBranchToMorestackARM64 recognises BLS and BLO.
func isBranchToMorestackARM64(word uint32) bool {
	const conditional, lower, lowerOrSame = 0x54000000, 3, 9
	condition := word & 0xf
	return word&0xff000010 == conditional && (condition == lower || condition == lowerOrSame)
}

// stackCheckARM64 lists the instructions between the load of the guard and the last
// branch: R17 becomes the end of the new frame, with the help of R27 if the size is no
// immediate operand. These registers are free when a function begins.
var stackCheckARM64 = []struct{ mask, value uint32 }{
	{0xffffffff, 0xeb3063ff}, // CMP R16, RSP
	{0xffffffff, 0xeb10023f}, // CMP R16, R17
	{0xdf80001f, 0xd1000011}, // SUB and SUBS $n, Rn, R17
	{0xdfe0001f, 0xcb200011}, // SUB and SUBS Rm, RSP, R17
	{0xff80001f, 0xd280001b}, // MOVZ $n, R27
	{0xff80001f, 0xf280001b}, // MOVK $n, R27
	{0xff80001f, 0x9280001b}, // MOVN $n, R27
	{0xff80001f, 0xb200001b}, // ORR $n, ZR, R27
}

func isStackCheckARM64(word uint32) bool {
	for _, known := range stackCheckARM64 {
		if word&known.mask == known.value {
			return true
		}
	}
	return false
}

// returnsARM64 finds every RET. A jump out of the function would be a return without a
// probe, and a branch of an unknown kind might be one, so both are refused.
func returnsARM64(code []byte) ([]placement, error) {
	words, err := wordsARM64(code)
	if err != nil {
		return nil, err
	}
	literals := literalsARM64(words)
	var returns []placement
	for i, word := range words {
		switch {
		case literals[i]:
		case isReturnARM64(word):
			returns = append(returns, placementARM64(words, i))
		case leavesARM64(word, i, len(words)):
			return nil, fmt.Errorf("%w: it leaves by a jump at +%#x", errUnplaceable, i*wordARM64)
		}
	}
	if len(returns) == 0 {
		return nil, fmt.Errorf("%w: it has no RET", errUnplaceable)
	}
	return returns, nil
}

func isReturnARM64(word uint32) bool { return word&0xfffffc1f == 0xd65f0000 }

// leavesARM64 reports whether an instruction, given by its index, jumps out of a function
// of some words, or is a branch to a register that no Go compiler generates. BR, from
// jump tables, and BLR, a call, are known.
func leavesARM64(word uint32, index, words int) bool {
	if word&0xfc000000 == 0x14000000 { // B
		to := index + int(int32(word<<6)>>6)
		return to < 0 || to >= words
	}
	known := word&0xffdffc1f == 0xd61f0000 // BR, BLR
	return word&0xfe000000 == 0xd6000000 && !known
}

// literalsARM64 marks the words that are data: an LDR of a literal in the code reads
// them.
func literalsARM64(words []uint32) map[int]bool {
	literals := map[int]bool{}
	for i, word := range words {
		if word&0x3b000000 != 0x18000000 {
			continue
		}
		sizes := [4]int{1, 2, 1, 0} // words, by bits 31 and 30: LDR, LDR, LDRSW, PRFM
		if word&(1<<26) != 0 {
			sizes = [4]int{1, 2, 4, 0} // of a vector register
		}
		first := i + int(int32(word<<8)>>13)
		for n := range sizes[word>>30] {
			literals[first+n] = true
		}
	}
	return literals
}

// isEmulatedARM64 reports whether the kernel emulates an instruction at every
// kernel version: branches, ADR, ADRP and loads of literals.
func isEmulatedARM64(word uint32) bool {
	return word&0xff000010 == 0x54000000 || // B.cond
		word&0x7c000000 == 0x14000000 || // B, BL
		word&0x7c000000 == 0x34000000 || // CBZ, CBNZ, TBZ, TBNZ
		word&0xff9ffc1f == 0xd61f0000 || // BR, BLR, RET
		word&0x1f000000 == 0x10000000 || // ADR, ADRP
		word&0xbf000000 == 0x18000000 || word&0xff000000 == 0x98000000 // LDR, LDRSW
}

func placementARM64(words []uint32, index int) placement {
	return placement{Offset: uint64(index * wordARM64), Length: wordARM64, Stepped: !isEmulatedARM64(words[index])}
}

// wordsARM64 splits code into instructions, at least one.
func wordsARM64(code []byte) ([]uint32, error) {
	if len(code) == 0 || len(code)%wordARM64 != 0 {
		return nil, fmt.Errorf("%w: it is %d bytes long", errUnplaceable, len(code))
	}
	words := make([]uint32, len(code)/wordARM64)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[i*wordARM64:])
	}
	return words, nil
}
