package target

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
)

// Functions that the compiler inlined have left two things: an inline tree of
// the function they are in, FUNCDATA_InlTree, whose entries name the inlined
// function and an instruction at the place of its call (parentPc), and a table
// from instructions to entries, PCDATA_InlTreeIndex, -1 for the function's own.
//
//	go1.20 and later  {u8 funcID, 3 × u8 0, i32 nameoff, i32 parentPc, i32 startLine}
//	go1.18, go1.19    {i16 parent, u8 funcID, u8, i32 file, i32 line, i32 nameoff, i32 parentPc}
//
// Trees are counted from go:func.*, whose address moduledata.gofunc holds. The
// word's place has moved between releases, so that every word of the module
// data is tried on a number of functions: it has to lead to names' beginnings
// and into the functions each time.
//
// Source: runtime/symtabinl.go (inlinedCall, inlineUnwinder), runtime/symtab.go
// (funcdata), cmd/link/internal/ld/pcln.go (genInlTreeSym).
const (
	trialTrees    = 32      // a wrong base would have to fit them all by chance
	trialEntries  = 1 << 12 // functions looked at for them
	maxInlineSize = 1 << 16 // entries of a tree
)

// findInlineBase returns moduledata.gofunc, and false where no single word of
// the module data is it.
func (b *Binary) findInlineBase() (uint64, bool) {
	trees := b.functions.trees()
	var fit []uint64
	for _, base := range b.functions.module {
		if len(trees) > 0 && !slices.Contains(fit, base) && b.fitsTrees(base, trees) {
			fit = append(fit, base)
		}
	}
	if len(fit) != 1 {
		return 0, false
	}
	return fit[0], true
}

// tree is one function's inline tree: its offset from gofunc, the number of
// entries that instructions refer to, and the size of the function.
type tree struct {
	offset  uint32
	entries int
	size    uint32
}

// trees returns a few functions' inline trees.
func (t *pclntab) trees() []tree {
	var trees []tree
	for i := uint64(0); i < min(t.count, trialEntries) && len(trees) < trialTrees; i++ {
		var word [4]byte
		if readFull(t.r, word[:], t.functab+i*functabEntrySize) != nil {
			break
		}
		e, err := t.entryAt(binary.LittleEndian.Uint32(word[:]))
		if err != nil {
			break
		}
		r, err := t.record(e)
		if err != nil || r.inlineTree == noPosition {
			continue
		}
		largest := int32(-1)
		err = t.eachStep(r.inlineIndex, func(value int32, _ uint64) bool {
			largest = max(largest, value)
			return true
		})
		if err == nil && largest >= 0 && largest < maxInlineSize {
			trees = append(trees, tree{offset: r.inlineTree, entries: int(largest) + 1, size: e.end - e.start})
		}
	}
	return trees
}

// fitsTrees tells whether trees counted from base hold what trees do. Zeros
// look like calls of the first name, so they alone are none.
func (b *Binary) fitsTrees(base uint64, trees []tree) bool {
	var entries, first int
	for _, tree := range trees {
		for i := range tree.entries {
			call, err := b.inlinedCall(base, tree.offset, int32(i))
			if err != nil || call.at >= tree.size || !b.functions.beginsName(call.name) {
				return false
			}
			if entries++; call.name == 0 {
				first++
			}
		}
	}
	return 2*first < entries
}

// beginsName tells whether a name of funcnametab begins at an offset.
func (t *pclntab) beginsName(offset int32) bool {
	if offset <= 0 || uint64(offset) >= t.namesEnd-t.names {
		return offset == 0
	}
	var before [2]byte
	err := readFull(t.r, before[:], t.names+uint64(offset)-1)
	return err == nil && before[0] == 0 && before[1] != 0
}

// inlinedCall is an entry of an inline tree: whose code was inlined, and an
// instruction at the place of the call, in bytes from the function's entry.
type inlinedCall struct {
	name int32
	at   uint32
}

func (b *Binary) inlinedCall(base uint64, tree uint32, index int32) (inlinedCall, error) {
	if index < 0 || index >= maxInlineSize {
		return inlinedCall{}, fmt.Errorf("entry %d of an inline tree", index)
	}
	layout := b.functions.layout
	address := base + uint64(tree) + uint64(index)*layout.inlineSize
	offset, err := b.image.offset(address, layout.inlineSize, elf.PF_R)
	if err != nil {
		return inlinedCall{}, fmt.Errorf("inline tree: %w", err)
	}
	data := make([]byte, layout.inlineSize)
	if err := readFull(b.image.r, data, offset); err != nil {
		return inlinedCall{}, fmt.Errorf("inline tree: %w", err)
	}
	return inlinedCall{
		name: int32(binary.LittleEndian.Uint32(data[layout.inlineName:])),
		at:   binary.LittleEndian.Uint32(data[layout.inlineAt:]),
	}, nil
}
