package gobinary

import (
	"encoding/binary"

	"golang.org/x/arch/x86/x86asm"
)

// maxReferences bounds the addresses that References returns.
const maxReferences = 64

// References returns the addresses that the code of a function refers to relative to itself,
// in the order in which they appear: those of package variables, and others. Of a function
// that is known it tells where its variables are, whether or not there are symbols.
func (b *Binary) References(f Function) ([]uint64, error) {
	code, err := b.Code(f)
	if err != nil {
		return nil, err
	}
	found := referencesAMD64
	if b.Arch == "arm64" {
		found = referencesARM64
	}
	var references []uint64
	seen := map[uint64]bool{}
	for _, address := range found(code, f.Address) {
		if !seen[address] && len(references) < maxReferences {
			seen[address] = true
			references = append(references, address)
		}
	}
	return references, nil
}

// referencesAMD64 finds operands such as 0xdf0(IP), up to the first instruction that it cannot
// decode.
func referencesAMD64(code []byte, address uint64) (references []uint64) {
	const bits = 64
	for at := 0; at < len(code); {
		instruction, err := x86asm.Decode(code[at:], bits)
		if err != nil || instruction.Len == 0 {
			break
		}
		at += instruction.Len
		for _, operand := range instruction.Args {
			if m, ok := operand.(x86asm.Mem); ok && m.Base == x86asm.RIP {
				references = append(references, address+uint64(at)+uint64(m.Disp))
			}
		}
	}
	return references
}

// referencesARM64 finds the pairs of ADRP, which loads the address of a page into a register,
// and the ADD, load or store of a 64-bit register that adds the offset:
//
//	ADRP 946176(PC), R27
//	MOVD 1264(R27), R1
//
// Source: Arm Architecture Reference Manual, C4.1.
func referencesARM64(code []byte, address uint64) (references []uint64) {
	const word, page = 4, 1 << 12
	pages := map[uint32]uint64{} // by register
	for at := 0; at+word <= len(code); at += word {
		op := binary.LittleEndian.Uint32(code[at:])
		register, base := op&31, op>>5&31
		offset := uint64(op >> 10 & 0xfff)
		from, known := pages[base]
		switch {
		case op&0x9f000000 == 0x90000000: // ADRP
			high, low := int64(int32(op<<8)>>13), int64(op>>29&3)
			pages[register] = (address+uint64(at))&^(page-1) + uint64((high<<2|low)*page)
			continue
		case known && op&0xffc00000 == 0x91000000: // ADD of an immediate operand
			references = append(references, from+offset)
		case known && op&0xff800000 == 0xf9000000: // STR, LDR of 64 bits, with an unsigned offset
			references = append(references, from+8*offset)
		}
		if op&0xff800000 != 0xf9000000 || op&0x00400000 != 0 {
			delete(pages, register) // it is overwritten
		}
	}
	return references
}
