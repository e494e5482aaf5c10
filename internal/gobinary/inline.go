package gobinary

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// For functions that are inlined the compiler writes two tables: the inline tree of the
// function that contains them, FUNCDATA_InlTree, whose entries have the name of the
// inlined function and an instruction at the place of its call (parentPc); and a table
// from instructions to entries of the tree, PCDATA_InlTreeIndex, which is -1 for the
// function's own instructions.
//
//	go1.20 and later  {u8 funcID, 3 × u8 0, i32 nameoff, i32 parentPc, i32 startLine}
//	go1.18, go1.19    {i16 parent, u8 funcID, u8, i32 file, i32 line, i32 nameoff, i32 parentPc}
//
// Offsets of trees count from go:func.*, whose address is moduledata.gofunc. The position
// of that word differs between releases. So each word of the module data is tried with a
// number of functions: the right one must lead to beginnings of names and to instructions
// of the functions each time.
//
// Source: runtime/symtabinl.go (inlinedCall, inlineUnwinder), runtime/symtab.go
// (funcdata), cmd/link/internal/ld/pcln.go (genInlTreeSym).
const (
	trialTrees    = 32      // a wrong base fits all of them only by chance
	trialEntries  = 1 << 12 // functions searched for them
	maxInlineSize = 1 << 16 // entries of a tree
)

// findInlineBase returns moduledata.gofunc, and false if not exactly one word of the
// module data fits, or the search exceeds a limit.
func (b *Binary) findInlineBase() (uint64, bool) {
	budget := untrusted.NewBudget(inlineSearch)
	m, t := b.image.within(budget), b.functions.within(budget)
	trees := t.trees()
	var fit []uint64
	for _, base := range t.module {
		if len(trees) > 0 && !slices.Contains(fit, base) && t.fitsTrees(m, base, trees) {
			fit = append(fit, base)
		}
	}
	if len(fit) != 1 || budget.Err() != nil {
		return 0, false
	}
	return fit[0], true
}

// tree is the inline tree of one function: its offset from gofunc, the number of entries
// that instructions refer to, and the size of the function.
type tree struct {
	offset  uint32
	entries int
	size    uint32
}

// trees returns the inline trees of a few functions.
func (t *pclntab) trees() []tree {
	var trees []tree
	tried := 0
	_ = t.all(func(e entry) bool { // if the table is damaged, the trees before the damage
		if tree, ok := t.tree(e); ok {
			trees = append(trees, tree)
		}
		tried++
		return tried < trialEntries && len(trees) < trialTrees
	})
	return trees
}

// tree returns a function's inline tree, false if nothing is inlined in the function.
func (t *pclntab) tree(e entry) (tree, bool) {
	r, err := t.record(e)
	if err != nil || r.inlineTree == noPosition {
		return tree{}, false
	}
	largest := int32(-1)
	err = t.eachStep(r.inlineIndex, func(value int32, _ uint64) bool {
		largest = max(largest, value)
		return true
	})
	if err != nil || largest < 0 || largest >= maxInlineSize {
		return tree{}, false
	}
	return tree{offset: r.inlineTree, entries: int(largest) + 1, size: e.end - e.start}, true
}

// fitsTrees reports whether trees at offsets from base have valid entries. Zeros look
// like calls of the first name, so most entries must have another name.
func (t *pclntab) fitsTrees(m image, base uint64, trees []tree) bool {
	var entries, first int
	for _, tree := range trees {
		for i := range tree.entries {
			if t.budget.Steps(1) != nil {
				return false
			}
			call, err := t.inlinedCall(m, base, tree.offset, int32(i))
			if err != nil || call.at >= tree.size || !t.beginsName(call.name) {
				return false
			}
			if entries++; call.name == 0 {
				first++
			}
		}
	}
	return 2*first < entries
}

// beginsName reports whether a name of funcnametab begins at an offset.
func (t *pclntab) beginsName(offset int32) bool {
	if offset <= 0 || uint64(offset) >= t.namesEnd-t.names {
		return offset == 0
	}
	var before [2]byte
	err := readFull(t.r, before[:], t.names+uint64(offset)-1)
	return err == nil && before[0] == 0 && before[1] != 0
}

// inlinedCall is an entry of an inline tree: the name of the function that is inlined,
// and an instruction at the place of the call, in bytes from the entry of the outer
// function.
type inlinedCall struct {
	name int32
	at   uint32
}

func (t *pclntab) inlinedCall(m image, base uint64, tree uint32, index int32) (inlinedCall, error) {
	if index < 0 || index >= maxInlineSize {
		return inlinedCall{}, fmt.Errorf("entry %d of an inline tree", index)
	}
	address := base + uint64(tree) + uint64(index)*t.layout.inlineSize
	offset, err := m.offset(address, t.layout.inlineSize, elf.PF_R)
	if err != nil {
		return inlinedCall{}, fmt.Errorf("inline tree: %w", err)
	}
	data := make([]byte, t.layout.inlineSize)
	if err := readFull(m.r, data, offset); err != nil {
		return inlinedCall{}, fmt.Errorf("inline tree: %w", err)
	}
	return inlinedCall{
		name: int32(binary.LittleEndian.Uint32(data[t.layout.inlineName:])),
		at:   binary.LittleEndian.Uint32(data[t.layout.inlineAt:]),
	}, nil
}
