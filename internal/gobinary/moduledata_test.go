package gobinary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/testprogram"
)

const (
	testTable = 0x402000
	testText  = 0x401000
)

// testModuledata is laid out as go1.26 does, for the table of testProgram.
func testModuledata() []uint64 {
	words := make([]uint64, 32)
	words[0] = testTable
	words[16], words[17], words[18] = testTable+testFunctab, 3, 3
	words[20], words[21], words[22], words[23] = testText+0x10, testText+0x40, testText, testText+0x48
	return words
}

const testFunctab = pclntabHeaderSize + 24

// testProgram is a complete program of two functions and no section headers:
// ELF header, code at 0x401000, function table at 0x402000, module data at
// 0x403000.
func testProgram() []byte {
	le := binary.LittleEndian
	file := make([]byte, 64+3*56)
	copy(file, "\x7fELF\x02\x01\x01")
	le.PutUint16(file[16:], uint16(elf.ET_EXEC))
	le.PutUint16(file[18:], uint16(elf.EM_X86_64))
	le.PutUint32(file[20:], 1)
	le.PutUint64(file[24:], testText)
	le.PutUint64(file[32:], 64)
	le.PutUint16(file[52:], 64)
	le.PutUint16(file[54:], 56)
	le.PutUint16(file[56:], 3)

	table := le.AppendUint64(nil, headerWord(pclntabMagic120, elf.EM_X86_64))
	for _, word := range []uint64{2, 0, 0, pclntabHeaderSize, testFunctab, testFunctab, testFunctab, testFunctab} {
		table = le.AppendUint64(table, word)
	}
	table = append(table, "main.main\x00main.f[int]\x00\x00\x00"...)
	for _, word := range []uint32{0x10, 20, 0x30, 28, 0x40, 0x10, 0, 0x30, 10} {
		table = le.AppendUint32(table, word)
	}
	var module []byte
	for _, word := range testModuledata() {
		module = le.AppendUint64(module, word)
	}
	segments := []struct {
		address uint64
		flags   elf.ProgFlag
		data    []byte
	}{{testText, elf.PF_R | elf.PF_X, make([]byte, 0x48)}, {testTable, elf.PF_R, table}, {0x403000, elf.PF_R | elf.PF_W, module}}
	for i, s := range segments {
		header := file[64+56*i:]
		le.PutUint32(header, uint32(elf.PT_LOAD))
		le.PutUint32(header[4:], uint32(s.flags))
		le.PutUint64(header[8:], uint64(len(file)))
		le.PutUint64(header[16:], s.address)
		le.PutUint64(header[32:], uint64(len(s.data)))
		le.PutUint64(header[40:], uint64(len(s.data)))
		file = append(file, s.data...)
	}
	return file
}

func TestTextOf(t *testing.T) {
	image := image{segments: []elf.ProgHeader{{Vaddr: testText, Filesz: 0x48, Flags: elf.PF_R | elf.PF_X}}}
	table := &pclntab{address: testTable, functab: testFunctab, count: 2, first: 0x10, end: 0x40}
	tests := []struct {
		name string
		edit func(words []uint64) []uint64
		ok   bool
	}{
		{"go1.26", func(w []uint64) []uint64 { return w }, true},
		{"fields added before and after ftab", func(w []uint64) []uint64 {
			return slices.Insert(slices.Insert(w, 19, 7, 7), 4, 7)
		}, true},
		{"fields removed", func(w []uint64) []uint64 { return slices.Delete(w, 4, 13) }, true},
		{"another table's", func(w []uint64) []uint64 { w[0]++; return w }, false},
		{"another number of functions", func(w []uint64) []uint64 { w[17]++; return w }, false},
		{"text beside minpc", func(w []uint64) []uint64 { w[22] += 0x100; return w }, false},
		{"etext inside the code", func(w []uint64) []uint64 { w[23] = testText; return w }, false},
		{"not relocated", func(w []uint64) []uint64 { clear(w[20:24]); return w }, false},
		{"outside of code", func(w []uint64) []uint64 {
			for i := range w[20:24] {
				w[20+i] += 0x10
			}
			return w
		}, false},
		{"two places", func(w []uint64) []uint64 { copy(w[26:], w[20:24]); return w }, false},
		{"cut short", func(w []uint64) []uint64 { return w[:23] }, false},
		{"nothing", func([]uint64) []uint64 { return nil }, false},
	}
	for _, test := range tests {
		text, ok := textOf(test.edit(testModuledata()), image, table)
		if ok != test.ok || ok && text != testText {
			t.Errorf("%s: got %#x, %v", test.name, text, ok)
		}
	}
}

// An external linker leaves zeros where the loader will write addresses.
func TestRelocatedModuledata(t *testing.T) {
	b := read(t, testprogram.CgoPIE)
	file, err := readHeaders(b.image.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	section, ok := file.find(".go.module")
	if !ok {
		t.Skip("no .go.module section")
	}
	words, err := readWords(b.image, section.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if words[22] != 0 {
		t.Logf("the linker wrote text %#x into the file as well", words[22])
	}
	clear(words)
	relocate(words, section.Addr, file, b.image)
	if words[0] != b.functions.address || words[22] != b.Text {
		t.Errorf("after relocation: pclntab %#x, text %#x; want %#x, %#x", words[0], words[22], b.functions.address, b.Text)
	}
}

func TestTestProgram(t *testing.T) {
	b, err := Read(bytes.NewReader(testProgram()))
	if err != nil {
		t.Fatal(err)
	}
	found, err := b.Functions("main.main", "main.f[")
	if err != nil {
		t.Fatal(err)
	}
	main := Function{Name: "main.main", Address: testText + 0x10, Size: 0x20}
	instance := Function{Name: "main.f[int]", Address: testText + 0x30, Size: 0x10}
	if !slices.Equal(found["main.main"], []Function{main}) || !slices.Equal(found["main.f["], []Function{instance}) {
		t.Errorf("got %+v", found)
	}
	if b.GoVersion != "" || !b.Stripped || b.PIE {
		t.Errorf("got %+v", b)
	}
}

func FuzzReadBinary(f *testing.F) {
	program := testProgram()
	f.Add(program)
	for _, size := range []int{64, 64 + 3*56, 500, len(program) - 1} {
		f.Add(program[:min(size, len(program))])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer fuzzlimit.Watch(t)()
		b, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		found, _ := b.Functions("main.main", "main.f[")
		for _, bodies := range found {
			for _, body := range bodies {
				_, _ = b.Code(body)
			}
		}
		_, _, _ = b.FunctionAt(b.Text + uint64(b.functions.first))
		_, _, _ = b.FunctionAt(b.Text + uint64(b.functions.end) - 1)
		_, _ = b.FramesAt(b.Text + uint64(b.functions.first))
		_, _ = b.FileOffset(b.Text)
	})
}
