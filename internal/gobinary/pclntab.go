package gobinary

import (
	"bufio"
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// The function table (".gopclntab", runtime.pclntab) as Go 1.18 and later write it for
// 64-bit little-endian machines. Offsets in the header count from the start of the table,
// entry offsets from runtime.text. The address of runtime.text is not in the table: Go
// 1.26 writes 0 at +24, and earlier releases a word that the loader of a PIE must
// relocate.
//
//	+0   u32 magic          0xfffffff1 (go1.20+), 0xfffffff0 (go1.18, go1.19)
//	+4   u8 0, u8 0, u8 minLC (1 amd64, 4 arm64), u8 ptrSize 8
//	+8   u64 nfunc
//	+16  u64 nfiles
//	+24  u64 unused, formerly textStart
//	+32  u64 funcnametab    "runtime.main\0main.main\0…"
//	+40  u64 cutab
//	+48  u64 filetab
//	+56  u64 pctab
//	+64  u64 functab        nfunc × {u32 entryoff, u32 funcoff}, u32 end of the last function;
//	                        then the _func records, at funcoff from functab, in the same order:
//	                        {u32 entryoff, i32 nameoff (into funcnametab), …}
//
// Source: runtime/symtab.go (pcHeader, functab), runtime/runtime2.go (_func),
// cmd/link/internal/ld/pcln.go, internal/abi/symtab.go (the magics).
const (
	pclntabMagic118 = 0xfffffff0
	pclntabMagic120 = 0xfffffff1

	pclntabHeaderSize = 72
	functabEntrySize  = 8
	funcRecordSize    = 8        // the part of a _func that is read
	maxNameSize       = 64 << 10 // of a name that is looked up
)

// pclntab reads one function table piece by piece. It keeps none of the content.
type pclntab struct {
	r          io.ReaderAt // of the table, from its header
	budget     *untrusted.Budget
	address    uint64
	size       uint64
	count      uint64 // of functions
	names      uint64 // offset of funcnametab
	namesEnd   uint64
	units      uint64 // offset of cutab
	files      uint64 // offset of filetab
	pcs        uint64 // offset of pctab
	functab    uint64 // offset of functab
	first, end uint32 // entry offset of the first function, end of the last
	layout     funcLayout
	quantum    uint64   // smallest instruction, in bytes
	module     []uint64 // words of the module data that points here
}

// within is the table with reads charged to a budget.
func (t *pclntab) within(budget *untrusted.Budget) *pclntab {
	bounded := *t
	bounded.r, bounded.budget = budget.ReaderAt(t.r), budget
	return &bounded
}

// headerWord is the first word of a table with this magic, on this machine.
func headerWord(magic uint32, machine elf.Machine) uint64 {
	minLC := uint64(1)
	if machine == elf.EM_AARCH64 {
		minLC = 4
	}
	return uint64(magic) | minLC<<48 | 8<<56
}

// findFunctions returns the function table and the address of runtime.text that belongs
// to it. What looks like a table is not enough, since a program may embed another
// executable: a moduledata must point to it.
func findFunctions(file *headers, m image) (*pclntab, uint64, error) {
	problem := errors.New("it has no function table (.gopclntab)")
	candidates := 0
	for address, size := range pclntabCandidates(file, m) {
		if candidates++; candidates > maxCandidates {
			break
		}
		table, err := readPclntab(m, file.machine(), address, size)
		if err == nil {
			var text uint64
			if text, err = findText(file, m, table); err == nil {
				return table, text, nil
			}
		}
		if errors.Is(err, ErrTooLarge) || readFailed(err) {
			return nil, 0, err
		}
		problem = err
	}
	return nil, 0, Unlocated("%v; rebuild it with an unmodified Go 1.18 to 1.27 toolchain, or update otwatch", problem)
}

// pclntabCandidates yields the address and the largest possible size of what may be the
// function table: the section of that name or, without one, every place that begins like
// a table. External linkers merge .data.rel.ro.gopclntab into .data.rel.ro.
func pclntabCandidates(file *headers, m image) iter.Seq2[uint64, uint64] {
	return func(yield func(uint64, uint64) bool) {
		for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
			if section, ok := file.find(name); ok {
				yield(section.Addr, section.Size)
				return
			}
		}
		old, current := headerWord(pclntabMagic118, file.machine()), headerWord(pclntabMagic120, file.machine())
		for _, s := range m.segments {
			for address := range m.find(s, old, current) {
				if !yield(address, s.Vaddr+s.Filesz-address) {
					return
				}
			}
		}
	}
}

func readPclntab(m image, machine elf.Machine, address, size uint64) (*pclntab, error) {
	r, err := m.reader(address, size)
	if err != nil {
		return nil, fmt.Errorf("function table: %w", err)
	}
	t := &pclntab{r: r, address: address, size: size}
	header := make([]byte, pclntabHeaderSize)
	if err := readFull(t.r, header, 0); err != nil {
		return nil, fmt.Errorf("header of the function table: %w", err)
	}
	if err := t.parseHeader(header, machine); err != nil {
		return nil, err
	}
	var word [4]byte
	if err := readFull(t.r, word[:], t.functab); err != nil {
		return nil, fmt.Errorf("first function: %w", err)
	}
	t.first = binary.LittleEndian.Uint32(word[:])
	if err := readFull(t.r, word[:], t.functab+t.count*functabEntrySize); err != nil {
		return nil, fmt.Errorf("last function: %w", err)
	}
	t.end = binary.LittleEndian.Uint32(word[:])
	if t.first >= t.end {
		return nil, fmt.Errorf("its functions reach from %#x to %#x", t.first, t.end)
	}
	return t, nil
}

// parseHeader parses the header, and checks against the size everything that later reads
// rely on.
func (t *pclntab) parseHeader(header []byte, machine elf.Machine) error {
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(header[8*i:]) }
	if w := word(0); w != headerWord(pclntabMagic118, machine) && w != headerWord(pclntabMagic120, machine) {
		return fmt.Errorf("the function table's header %#x is unknown (obfuscated, or a newer Go)", w)
	}
	t.layout, t.quantum = layoutOf(uint32(word(0))), uint64(header[6])
	t.count, t.names, t.namesEnd, t.functab = word(1), word(4), word(5), word(8)
	t.units, t.files, t.pcs = t.namesEnd, word(6), word(7)
	parts := []uint64{pclntabHeaderSize, t.names, t.units, t.files, t.pcs, t.functab, t.size}
	if !slices.IsSorted(parts) {
		return fmt.Errorf("the function table's parts %#x are out of order", parts)
	}
	if t.count == 0 || t.count > (t.size-t.functab)/functabEntrySize ||
		t.functab+t.count*functabEntrySize+4 > t.size {
		return fmt.Errorf("the function table counts %d functions in %d bytes", t.count, t.size-t.functab)
	}
	if t.count > maxFunctions {
		return tooMany(maxFunctions, "functions")
	}
	return nil
}

// step charges the steps of a loop to the budget, many at once. n is the number of steps
// made.
func (t *pclntab) step(n uint64) error {
	const together = 1 << 10
	if n%together > 0 {
		return nil
	}
	return t.budget.Steps(together)
}

// entry is one function in the table: offsets from runtime.text, the offset of its name
// in funcnametab, and of its record.
type entry struct {
	start, end uint32
	name       int32
	record     uint64 // offset of its _func record
}

// all yields every function in the order of addresses, until yield returns false or the
// table is inconsistent, which is an error. It reads sequentially.
func (t *pclntab) all(yield func(entry) bool) error {
	index := window{r: t.r}
	records := window{r: t.r}
	le := binary.LittleEndian
	previous := uint32(0)
	for i := range t.count {
		if err := t.step(i); err != nil {
			return err
		}
		row, err := index.at(t.functab+i*functabEntrySize, functabEntrySize+4)
		if err != nil {
			return fmt.Errorf("function %d of %d: %w", i, t.count, err)
		}
		start, record, end := le.Uint32(row), le.Uint32(row[4:]), le.Uint32(row[8:])
		if start > end || record < previous {
			return fmt.Errorf("function %d of %d is out of order", i, t.count)
		}
		previous = record
		f, err := records.at(t.functab+uint64(record), funcRecordSize)
		if err != nil {
			return fmt.Errorf("record of function %d of %d: %w", i, t.count, err)
		}
		if le.Uint32(f) != start {
			return fmt.Errorf("function %d of %d starts at %#x and at %#x", i, t.count, start, le.Uint32(f))
		}
		if !yield(entry{start: start, end: end, name: int32(le.Uint32(f[4:])), record: t.functab + uint64(record)}) {
			return nil
		}
	}
	return nil
}

// matchSize is about the memory of a match, without its name, and of a Function.
const matchSize = 128

// match is a name in funcnametab, and the wanted names that it matches.
type match struct {
	name   string
	wanted []string
}

// matches returns the names that match wanted ones, by offset in funcnametab. One name
// may be there twice: an ABI0 wrapper and its function are two symbols. The budget's
// memory bounds the number of matches.
func (t *pclntab) matches(wanted []string) (map[int32]match, error) {
	exact := map[string]bool{}
	var prefixes, suffixes []string
	for _, name := range wanted {
		switch {
		case strings.HasSuffix(name, "["):
			prefixes = append(prefixes, name)
		case strings.HasPrefix(name, "*"):
			suffixes = append(suffixes, name)
		default:
			exact[name] = true
		}
	}
	found := map[int32]match{}
	err := t.eachName(func(offset int32, name []byte) bool {
		var satisfied []string
		if exact[string(name)] {
			satisfied = append(satisfied, string(name))
		}
		for _, suffix := range suffixes {
			if bytes.HasSuffix(name, []byte(suffix[1:])) {
				satisfied = append(satisfied, suffix)
			}
		}
		for _, prefix := range prefixes {
			if bytes.HasPrefix(name, []byte(prefix)) {
				satisfied = append(satisfied, prefix)
			}
		}
		if len(satisfied) == 0 || t.budget.Memory(int64(len(name)+matchSize)) != nil {
			return t.budget.Err() == nil
		}
		found[offset] = match{name: string(name), wanted: satisfied}
		return true
	})
	return found, cmp.Or(t.budget.Err(), err)
}

// eachName yields all of funcnametab, until yield returns false. It skips names over 64
// KiB, which only a generic function with huge type arguments could have.
func (t *pclntab) eachName(yield func(offset int32, name []byte) bool) error {
	names := bufio.NewReaderSize(part(t.r, t.names, t.namesEnd-t.names), maxNameSize)
	offset, tooLong := 0, false
	for n := uint64(0); ; n++ {
		if err := t.step(n); err != nil {
			return err
		}
		name, err := names.ReadSlice(0)
		switch {
		case err == nil && !tooLong:
			if !yield(int32(offset), name[:len(name)-1]) {
				return nil
			}
		case err == nil:
			tooLong = false
		case errors.Is(err, bufio.ErrBufferFull):
			tooLong = true
		case errors.Is(err, io.EOF):
			return nil
		default:
			return fmt.Errorf("function names: %w", err)
		}
		offset += len(name)
	}
}

// name reads one name of funcnametab, fit to be shown.
func (t *pclntab) name(offset int32) (string, error) {
	name, err := t.text(t.names, t.namesEnd, uint64(offset))
	if err != nil {
		return "", fmt.Errorf("function name: %w", err)
	}
	return name, nil
}

// text reads the text at an offset in the part of the table from start to end, up to the
// zero byte that ends it, fit to be shown.
func (t *pclntab) text(start, end, offset uint64) (string, error) {
	if offset >= end-start {
		return "", fmt.Errorf("%d is outside the %d bytes of names", int64(offset), end-start)
	}
	const usual, most = 256, maxShownName + 1
	for _, size := range []uint64{usual, most} {
		size = min(size, end-start-offset)
		text := make([]byte, size)
		if err := readFull(t.r, text, start+offset); err != nil {
			return "", err
		}
		if end := bytes.IndexByte(text, 0); end >= 0 {
			return shown(string(text[:end])), nil
		}
		if size == most {
			return shown(string(text)), nil
		}
	}
	return "", fmt.Errorf("the name at %d has no end", offset)
}

// FunctionAt returns the function at an address, and false for an address outside Go
// code.
func (b *Binary) FunctionAt(address uint64) (Function, bool, error) {
	t := b.functions
	if address < b.Text+uint64(t.first) || address >= b.Text+uint64(t.end) {
		return Function{}, false, nil
	}
	e, err := t.entryAt(uint32(address - b.Text))
	if err != nil {
		return Function{}, false, fmt.Errorf("function at %#x: %w", address, err)
	}
	name, err := t.name(e.name)
	if err != nil {
		return Function{}, false, fmt.Errorf("function at %#x: %w", address, err)
	}
	return b.function(e, name), true, nil
}

// entryAt returns the function at an offset from runtime.text. The offset must be within
// the table's functions.
func (t *pclntab) entryAt(offset uint32) (entry, error) {
	var failed error
	read := func(buffer []byte, at uint64) {
		if err := readFull(t.r, buffer, at); err != nil && failed == nil {
			failed = err
		}
	}
	var row [functabEntrySize + 4]byte
	after := sort.Search(int(t.count), func(i int) bool {
		read(row[:4], t.functab+uint64(i)*functabEntrySize)
		return binary.LittleEndian.Uint32(row[:]) > offset
	})
	if after == 0 {
		return entry{}, errors.Join(failed, errors.New("function table is out of order"))
	}
	var record [funcRecordSize]byte
	read(row[:], t.functab+uint64(after-1)*functabEntrySize)
	at := t.functab + uint64(binary.LittleEndian.Uint32(row[4:]))
	read(record[:], at)
	e := entry{
		start:  binary.LittleEndian.Uint32(row[:]),
		end:    binary.LittleEndian.Uint32(row[8:]),
		name:   int32(binary.LittleEndian.Uint32(record[4:])),
		record: at,
	}
	if failed == nil && e.start > e.end {
		failed = errors.New("function table is out of order")
	}
	return e, failed
}

func (b *Binary) function(e entry, name string) Function {
	return Function{Name: name, Address: b.Text + uint64(e.start), Size: uint64(e.end - e.start)}
}

// window reads a file forward through one chunk, which follows the offsets that are read.
type window struct {
	r      io.ReaderAt
	buffer []byte
	start  uint64
}

// at returns size bytes at an offset. They are valid until the next call.
func (w *window) at(offset, size uint64) ([]byte, error) {
	if offset < w.start || offset+size > w.start+uint64(len(w.buffer)) {
		if w.buffer == nil {
			w.buffer = make([]byte, chunk)
		}
		n, err := w.r.ReadAt(w.buffer[:chunk], int64(offset))
		w.start, w.buffer = offset, w.buffer[:n]
		if uint64(n) < size {
			return nil, cmp.Or(err, io.ErrUnexpectedEOF)
		}
	}
	return w.buffer[offset-w.start:][:size], nil
}
