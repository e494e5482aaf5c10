package target

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// The auxiliary vector that the kernel gives a program when it starts: pairs of u64
// {type, value} up to type 0. Source: linux/auxvec.h, fs/binfmt_elf.c.
const auxvEntry = 9 // AT_ENTRY: address of the program's first instruction, load bias included

// loadBias returns the difference between addresses in the process and in the executable.
// Two sources in the kernel must agree: the entry point in the auxiliary vector, and a
// mapping at the address, and from the offset of a file, that the code segment should
// have. Paths are not compared, because of containers and deleted files, nor device
// numbers, because btrfs and overlayfs show different ones in maps and in stat.
func loadBias(b *gobinary.Binary, pid int) (uint64, error) {
	auxv, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		return 0, err
	}
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, err
	}
	defer maps.Close()
	return biasBy(b, auxv, maps)
}

func biasBy(b *gobinary.Binary, auxv []byte, maps io.Reader) (uint64, error) {
	entry, ok := auxvValue(auxv, auxvEntry)
	if !ok {
		return 0, gobinary.Unlocated("its auxiliary vector has no entry point")
	}
	bias := entry - b.Entry
	if !b.PIE && bias != 0 {
		return 0, gobinary.Unlocated("it starts at %#x, its executable at %#x", entry, b.Entry)
	}
	code, ok := b.CodeSegment()
	if !ok {
		return 0, fmt.Errorf("no code segment at %#x", b.Text)
	}
	page := uint64(os.Getpagesize())
	start, offset := (code.Vaddr+bias)&^(page-1), code.Off&^(page-1)
	switch mapped, err := hasCode(maps, start, offset); {
	case err != nil:
		return 0, err
	case !mapped:
		return 0, gobinary.Unlocated("no mapping of its code (file offset %#x) at %#x", offset, start)
	}
	return bias, nil
}

// mapLimits bounds reading the list of a process's mappings. By default the kernel allows
// 65,530.
var mapLimits = untrusted.Limits{Read: 64 << 20, Time: callLimit}

// mapLines reads the list of a process's mappings line by line.
func mapLines(maps io.Reader) *bufio.Scanner {
	lines := bufio.NewScanner(untrusted.NewBudget(mapLimits).Reader(maps))
	lines.Buffer(make([]byte, 4<<10), 64<<10)
	return lines
}

// hasCode reports whether a file's code is mapped at an address, from an offset on.
//
//	00400000-0132f000 r-xp 00000000 fe:00 1315437   /usr/local/bin/checkout
func hasCode(maps io.Reader, start, offset uint64) (bool, error) {
	lines := mapLines(maps)
	any, begins := false, fmt.Sprintf("%08x-", start)
	for lines.Scan() {
		any = true
		if !strings.HasPrefix(lines.Text(), begins) {
			continue
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			return false, gobinary.Unlocated("its list of mappings has the line %q", lines.Text())
		}
		at, err := strconv.ParseUint(fields[2], 16, 64)
		return err == nil && at == offset && strings.Contains(fields[1], "x") && fields[4] != "0", nil
	}
	if !any && lines.Err() == nil { // a process that is ending has lost its memory already
		return false, fs.ErrNotExist
	}
	return false, lines.Err()
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
