package target

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/prometheus/procfs"
)

// The auxiliary vector that the kernel hands a program at its start, pairs of
// u64 {type, value} up to type 0. Source: linux/auxvec.h, fs/binfmt_elf.c.
const auxvEntry = 9 // AT_ENTRY: address of the program's first instruction, load bias included

// loadBias returns what to add to the executable's addresses to get the
// process's. Two facts of the kernel's must agree: the entry point in the
// auxiliary vector, and a mapping that starts where the code segment would,
// at its offset in a file. Paths are not compared (containers, deleted files),
// nor device numbers (btrfs and overlayfs show others in maps than in stat).
func (b *Binary) loadBias(auxv []byte, maps []*procfs.ProcMap) (uint64, error) {
	entry, ok := auxvValue(auxv, auxvEntry)
	if !ok {
		return 0, unlocated("its auxiliary vector has no entry point")
	}
	bias := entry - b.entry
	if !b.PIE && bias != 0 {
		return 0, unlocated("it starts at %#x, its executable at %#x", entry, b.entry)
	}
	code, ok := b.image.segment(b.text, 1, elf.PF_X)
	if !ok {
		return 0, fmt.Errorf("no code segment at %#x", b.text)
	}
	page := uint64(os.Getpagesize())
	start, offset := (code.Vaddr+bias)&^(page-1), code.Off&^(page-1)
	for _, m := range maps {
		if uint64(m.StartAddr) == start && uint64(m.Offset) == offset && m.Inode != 0 && m.Perms.Execute {
			return bias, nil
		}
	}
	return 0, unlocated("no mapping of its code (file offset %#x) at %#x", offset, start)
}

func auxvValue(auxv []byte, kind uint64) (uint64, bool) {
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		switch binary.LittleEndian.Uint64(auxv) {
		case kind:
			return binary.LittleEndian.Uint64(auxv[8:]), true
		case 0:
			return 0, false
		}
	}
	return 0, false
}
