package target

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/prometheus/procfs"
)

func TestLoadBias(t *testing.T) {
	const base = 0x555555554000
	vector := func(words ...uint64) []byte {
		var auxv []byte
		for _, word := range words {
			auxv = binary.LittleEndian.AppendUint64(auxv, word)
		}
		return auxv
	}
	code := func(start uintptr, offset int64, inode uint64, executable bool) []*procfs.ProcMap {
		return []*procfs.ProcMap{
			{StartAddr: base, Inode: 7, Perms: &procfs.ProcMapPermissions{Read: true}},
			{StartAddr: start, Offset: offset, Inode: inode, Perms: &procfs.ProcMapPermissions{Execute: executable}},
		}
	}
	const entry, mapped = base + 0x401000, base + 0x401000
	tests := []struct {
		name string
		auxv []byte
		maps []*procfs.ProcMap
		pie  bool
		want uint64 // 0: refused
	}{
		{"pie", vector(6, 4096, 9, entry, 0, 0), code(mapped, 0, 7, true), true, base},
		{"no entry point", vector(6, 4096, 0, 0, 9, entry), code(mapped, 0, 7, true), true, 0},
		{"cut vector", vector(9, entry)[:15], code(mapped, 0, 7, true), true, 0},
		{"not position-independent", vector(9, entry), code(mapped, 0, 7, true), false, 0},
		{"mapped elsewhere", vector(9, entry), code(mapped+0x1000, 0, 7, true), true, 0},
		{"another part of the file", vector(9, entry), code(mapped, 0x1000, 7, true), true, 0},
		{"anonymous copy", vector(9, entry), code(mapped, 0, 0, true), true, 0},
		{"not executable", vector(9, entry), code(mapped, 0, 7, false), true, 0},
	}
	for _, test := range tests {
		b, err := ReadBinary(bytes.NewReader(testProgram()))
		if err != nil {
			t.Fatal(err)
		}
		b.PIE = test.pie
		b.image.segments = []elf.ProgHeader{{Vaddr: testText, Off: 0x10, Filesz: 0x48, Flags: elf.PF_R | elf.PF_X}}
		got, err := b.loadBias(test.auxv, test.maps)
		if got != test.want || (err == nil) != (test.want != 0) || err != nil && !errors.Is(err, ErrSymbols) {
			t.Errorf("%s: got %#x, %v, want %#x", test.name, got, err, test.want)
		}
	}
}

func FuzzAuxvValue(f *testing.F) {
	f.Add([]byte("\x09\x00\x00\x00\x00\x00\x00\x00\x00\x10\x40\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, auxv []byte) {
		if value, ok := auxvValue(auxv, auxvEntry); ok && !bytes.Contains(auxv, binary.LittleEndian.AppendUint64(nil, value)) {
			t.Errorf("%#x is not in the vector", value)
		}
	})
}
