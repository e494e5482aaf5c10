package gobinary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/testprogram"
)

// number is a number in a program that otwatch relies on.
type number struct {
	name     string
	at, size uint64
}

// hostile is a program in which numbers are replaced, with zeros after its end, as a
// sparse file has. It counts what is read.
type hostile struct {
	file         []byte
	edits        map[uint64]byte
	size         int64
	reads, bytes int64
}

func (h *hostile) set(n number, value uint64) {
	for i := range n.size {
		h.edits[n.at+i] = byte(value >> (8 * i))
	}
}

func (h *hostile) ReadAt(p []byte, offset int64) (int, error) {
	h.reads++
	h.bytes += int64(len(p))
	if offset < 0 || offset >= h.size {
		return 0, io.EOF
	}
	whole := len(p)
	p = p[:min(int64(whole), h.size-offset)]
	n := 0
	if offset < int64(len(h.file)) {
		n = copy(p, h.file[offset:])
	}
	clear(p[n:])
	for at, b := range h.edits {
		if i := int64(at) - offset; i >= 0 && i < int64(len(p)) {
			p[i] = b
		}
	}
	if len(p) < whole {
		return len(p), io.EOF
	}
	return len(p), nil
}

var uncompressed = testprogram.Variant{Program: testprogram.Tiny.Program, Source: testprogram.Tiny.Source, Arguments: "-ldflags=-compressdwarf=false"}

// hostileVariants have debug information, compressed and not.
var hostileVariants = []testprogram.Variant{
	uncompressed,
	testprogram.Tiny,
	testprogram.TinyARM64PIE,
}

// numbers lists the numbers of a program that otwatch relies on.
func numbers(t testing.TB, file []byte) []number {
	t.Helper()
	b, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	h, err := readHeaders(bytes.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []number
	add := func(part string, at uint64, sizes ...uint64) {
		for _, size := range sizes {
			if all = append(all, number{fmt.Sprintf("%s, at %#x", part, at), at, size}); at+size > uint64(len(file)) {
				t.Fatalf("%s is behind the end", part)
			}
			at += size
		}
	}
	words := func(n int) []uint64 { return slices.Repeat([]uint64{8}, n) }
	add("ELF header", 4, 1, 1)
	add("ELF header", 16, 2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2)
	for i := range uint64(h.Phnum) {
		add(fmt.Sprintf("program header %d", i), h.Phoff+i*56, 4, 4, 8, 8, 8, 8, 8, 8)
	}
	for i, s := range h.sections {
		add("header of section "+s.Name, h.Shoff+uint64(i)*64, 4, 4, 8, 8, 8, 8, 4, 4, 8, 8)
		switch {
		case s.Name == ".go.buildinfo":
			add(s.Name, s.Offset, 8, 6, 1, 1, 8, 8, 8, 8)
		case s.Flags&elf.SHF_COMPRESSED != 0:
			add(s.Name, s.Offset, 4, 4, 8, 8, 8)
		case s.Name == ".debug_info", s.Name == ".debug_abbrev":
			add(s.Name, s.Offset, 4, 2, 4, 1, 1, 8, 8)
		case s.Name == ".go.module":
			add(s.Name, s.Offset, words(moduledataWords)...)
		}
	}
	table, err := b.image.offset(b.functions.address, b.functions.size, elf.PF_R)
	if err != nil {
		t.Fatal(err)
	}
	add("function table", table, words(pclntabHeaderSize/8)...)
	add("functions", table+b.functions.functab, 4, 4, 4, 4, 4)
	found, err := b.Functions("main.main")
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.functions.entryAt(uint32(found["main.main"][0].Address - b.Text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.functions.record(e)
	if err != nil {
		t.Fatal(err)
	}
	add("record of main.main", table+e.record, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1, 1, 1, 4, 4, 4, 4, 4)
	add("name of main.main", table+b.functions.names+uint64(e.name), 8)
	add("lines of main.main", table+b.functions.pcs+uint64(r.pcln), 8, 8)
	return all
}

// hostileValues are the values that replace a number, for a program of some size.
func hostileValues(size uint64) []uint64 {
	return []uint64{0, 1, 2, 0x7f, 0xff, 0xfffe, 0xffff, 1 << 20, 1<<24 - 1, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 40,
		1<<63 - 1, 1 << 63, 1<<64 - 4096, 1<<64 - 1, size - 1, size, size + 1, size / 2, 0x400000, 0xffffffffffffff80}
}

// What an input may cost: an allocation of so many bytes in total, so many reads and
// bytes read. A real program of this size costs a hundredth.
const (
	hostileAllocated = 64 << 20
	hostileReads     = 1 << 20
	hostileBytes     = 3 << 30
)

// examineAll does with a program everything that otwatch does, and checks the cost. Most
// of it is reading debug information.
func examineAll(t testing.TB, what string, h *hostile, debug bool) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var e *Error
	b, err := Read(h)
	if err != nil && !errors.As(err, &e) {
		t.Errorf("%s: Read says %v, which is no verdict", what, err)
	}
	if err == nil {
		found, err := b.Functions("main.main", "main.(*pair[", "*.Read")
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s: Functions says %v, which is no verdict", what, err)
		}
		_ = b.RequireSDK()
		for _, bodies := range found {
			for _, body := range bodies {
				_, _ = b.Code(body)
				_, _ = b.FramesAt(body.Address + body.Size/2)
			}
		}
		for _, address := range []uint64{b.Text + uint64(b.functions.first), b.Text + uint64(b.functions.end) - 1} {
			_, _, _ = b.FunctionAt(address)
			_, _ = b.FramesAt(address)
		}
		if debug {
			_, _ = b.Structs("runtime.g", "no such struct")
		}
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > hostileAllocated || h.reads > hostileReads || h.bytes > hostileBytes {
		t.Errorf("%s: %d bytes were allocated, %d read in %d reads", what, allocated, h.bytes, h.reads)
	}
}

// TestHostileNumbers replaces each number by hostile values, in the file and in one with
// 2^62 zeros after its end.
func TestHostileNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, v := range hostileVariants {
		file, err := os.ReadFile(testprogram.Build(t, v))
		if err != nil {
			t.Fatal(err)
		}
		values := hostileValues(uint64(len(file)))
		for _, n := range numbers(t, file) {
			value := values[random.IntN(len(values))]
			h := &hostile{file: file, edits: map[uint64]byte{}, size: int64(len(file))}
			if random.IntN(2) == 0 {
				h.size = 1 << 62
			}
			h.set(n, value)
			examineAll(t, fmt.Sprintf("%s: %s: %#x, file of %#x", v.Arguments, n.name, value, h.size), h, strings.Contains(n.name, "debug"))
		}
	}
}

// FuzzHostileProgram replaces up to four numbers of a program by anything.
func FuzzHostileProgram(f *testing.F) {
	type program struct {
		file    []byte
		numbers []number
	}
	var all []program
	for _, v := range hostileVariants {
		file, err := os.ReadFile(testprogram.Build(f, v))
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, program{file, numbers(f, file)})
	}
	for i := range 16 {
		edits := make([]byte, 20)
		for j := range edits {
			edits[j] = byte(i * (j + 7))
		}
		f.Add(uint8(15*i), edits, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, which uint8, edits []byte, sparse bool) {
		defer fuzzlimit.Watch(t)()
		const edit, most = 11, 4 // u16 number, u8 value, u64 value
		p := all[int(which)%len(all)]
		h := &hostile{file: p.file, edits: map[uint64]byte{}, size: int64(len(p.file))}
		if sparse {
			h.size = 1 << 62
		}
		values := hostileValues(uint64(len(p.file)))
		for i := 0; len(edits) >= edit && i < most; i++ {
			n := p.numbers[int(binary.LittleEndian.Uint16(edits))%len(p.numbers)]
			value := binary.LittleEndian.Uint64(edits[3:])
			if known := int(edits[2]); known < len(values) {
				value = values[known]
			}
			h.set(n, value)
			edits = edits[edit:]
		}
		examineAll(t, fmt.Sprintf("%v, of %#x", h.edits, h.size), h, which >= 128)
	})
}
