package gobinary

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// The runtime's moduledata, of which only these words are used. The numbers are those of
// go1.18 to go1.26. Go 1.27 has moved gofunc, and later releases may move other words. So
// the numbers are not relied on: findText goes through the words and accepts only what is
// consistent.
//
//	 0      pcHeader            address of the function table
//	 1..15  funcnametab, cutab, filetab, pctab, pclntable (slices)
//	16..18  ftab                {address of functab, nfunc+1, nfunc+1}
//	19      findfunctab
//	20, 21  minpc, maxpc        text + first entry offset, text + end of the last function
//	22, 23  text, etext
//	40      gofunc              base of the offsets of inline trees; see inline.go
//
// Source: runtime/symtab.go (moduledata, moduledataverify1, which makes the same
// comparisons when a program starts), cmd/link/internal/ld/symtab.go.
const moduledataWords = 64

// maxCandidates bounds the work that a malicious executable can cause. A real one has one
// place that looks right, and a few by chance.
const maxCandidates = 64

// findText returns the address of runtime.text, from which entry offsets count. The
// address of the .text section is no substitute: with external linking the C startup code
// comes before runtime.text.
func findText(file *headers, m image, t *pclntab) (uint64, error) {
	candidates := 0
	for address := range moduledataCandidates(file, m, t) {
		if candidates++; candidates > maxCandidates {
			break
		}
		words, err := readWords(m, address)
		if err != nil {
			return 0, err
		}
		if text, ok := textOf(words, m, t); ok {
			t.module = words
			return text, nil
		}
		relocate(words, address, file, m)
		if text, ok := textOf(words, m, t); ok {
			t.module = words
			return text, nil
		}
	}
	return 0, errors.New("no module data fits the function table")
}

// moduledataCandidates yields addresses that may be a moduledata's: its section (go1.26),
// words in writable segments that point to the function table, and words that the loader
// will make point to it.
func moduledataCandidates(file *headers, m image, t *pclntab) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if section, ok := file.find(".go.module"); ok && !yield(section.Addr) {
			return
		}
		for _, s := range m.segments {
			if s.Flags&elf.PF_W == 0 {
				continue
			}
			for address := range m.find(s, t.address) {
				if !yield(address) {
					return
				}
			}
		}
		for address, value := range relativeRelocations(file, m) {
			if value == t.address && !yield(address) {
				return
			}
		}
	}
}

// readWords reads the words of a moduledata that are in the file.
func readWords(m image, address uint64) ([]uint64, error) {
	s, ok := m.segment(address, 8, elf.PF_W)
	if !ok {
		return nil, nil
	}
	within := address - s.Vaddr
	data := make([]byte, min(moduledataWords*8, (s.Filesz-within)&^7))
	if err := readFull(m.r, data, s.Off+within); err != nil {
		return nil, fmt.Errorf("module data: %w", err)
	}
	words := make([]uint64, len(data)/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return words, nil
}

// textOf returns the text word of a moduledata. It returns false unless all known words
// are consistent with one position of text, and with only one.
func textOf(words []uint64, m image, t *pclntab) (uint64, bool) {
	if len(words) == 0 || words[0] != t.address {
		return 0, false
	}
	after := 0
	for i := 1; i+3 <= len(words); i++ {
		if words[i] == t.address+t.functab && words[i+1] == t.count+1 && words[i+2] == t.count+1 {
			after = i + 3
			break
		}
	}
	if after == 0 {
		return 0, false
	}
	var text uint64
	places := 0
	for i := after; i+4 <= len(words); i++ {
		if fits(words[i:i+4], m, t) {
			text = words[i+2]
			places++
		}
	}
	return text, places == 1
}

// fits reports whether four words are minpc, maxpc, text and etext.
func fits(words []uint64, m image, t *pclntab) bool {
	minpc, maxpc, text, etext := words[0], words[1], words[2], words[3]
	if text == 0 || minpc != text+uint64(t.first) || maxpc != text+uint64(t.end) || etext < maxpc || maxpc < text {
		return false
	}
	_, ok := m.segment(text, maxpc-text, elf.PF_R|elf.PF_X)
	return ok
}

// relocate sets words, read at an address, as the loader of a position-independent
// executable would: linkers may leave zeros in the file.
func relocate(words []uint64, address uint64, file *headers, m image) {
	for at, value := range relativeRelocations(file, m) {
		if i := at - address; i%8 == 0 && i/8 < uint64(len(words)) {
			words[i/8] = value
		}
	}
}

// relativeRelocations yields the address and value of every R_*_RELATIVE entry in the
// loaded relocation sections (.rela.dyn), both without the load bias. Source:
// debug/elf.Rela64, the psABIs of amd64 and arm64.
func relativeRelocations(file *headers, m image) iter.Seq2[uint64, uint64] {
	kind := uint32(elf.R_X86_64_RELATIVE)
	if file.machine() == elf.EM_AARCH64 {
		kind = uint32(elf.R_AARCH64_RELATIVE)
	}
	return func(yield func(uint64, uint64) bool) {
		for _, section := range file.sections {
			if section.Type != elf.SHT_RELA || section.Flags&elf.SHF_ALLOC == 0 {
				continue
			}
			entries := bufio.NewReaderSize(
				part(m.r, section.Offset, section.FileSize), chunk)
			var entry [24]byte // u64 r_offset, u64 r_info, i64 r_addend
			for {
				if _, err := io.ReadFull(entries, entry[:]); err != nil {
					break
				}
				le := binary.LittleEndian
				if uint32(le.Uint64(entry[8:])) == kind &&
					!yield(le.Uint64(entry[:]), le.Uint64(entry[16:])) {
					return
				}
			}
		}
	}
}

// TypeBases returns addresses of which one is where the program's descriptions of types begin:
// moduledata.types, to which the names of types are relative.
func (b *Binary) TypeBases() []uint64 { return slices.Clone(b.functions.module) }
