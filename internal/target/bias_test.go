package target

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/testprogram"
	"github.com/otwatch/otwatch/internal/untrusted"
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
	file, err := os.Open(testprogram.Build(t, testprogram.ReferencePIE))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := gobinary.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	segment, ok := b.CodeSegment()
	if !ok {
		t.Fatal("no code segment")
	}
	page := uint64(os.Getpagesize())
	entry, mapped, begins := base+b.Entry, (base+segment.Vaddr)&^(page-1), segment.Off&^(page-1)
	code := func(start, offset, inode uint64, permissions string) string {
		return fmt.Sprintf("%x-%x r--p 00000000 fe:00 7   /usr/local/bin/checkout\n%x-%x %s %08x fe:00 %d   /usr/local/bin/checkout\n",
			uint64(base), uint64(base)+0x1000, start, start+0x1000, permissions, offset, inode)
	}
	tests := []struct {
		name string
		auxv []byte
		maps string
		pie  bool
		want uint64 // 0: refused
	}{
		{"pie", vector(6, 4096, 9, entry, 0, 0), code(mapped, begins, 7, "r-xp"), true, base},
		{"no entry point", vector(6, 4096, 0, 0, 9, entry), code(mapped, begins, 7, "r-xp"), true, 0},
		{"cut vector", vector(9, entry)[:15], code(mapped, begins, 7, "r-xp"), true, 0},
		{"not position-independent", vector(9, entry), code(mapped, begins, 7, "r-xp"), false, 0},
		{"mapped elsewhere", vector(9, entry), code(mapped+0x1000, begins, 7, "r-xp"), true, 0},
		{"another part of the file", vector(9, entry), code(mapped, begins+0x1000, 7, "r-xp"), true, 0},
		{"anonymous copy", vector(9, entry), code(mapped, begins, 0, "r-xp"), true, 0},
		{"a line cut short", vector(9, entry), fmt.Sprintf("%x-%x r-xp\n", uint64(mapped), uint64(mapped)+0x1000), true, 0},
		{"not executable", vector(9, entry), code(mapped, begins, 7, "r--p"), true, 0},
	}
	for _, test := range tests {
		b.PIE = test.pie
		got, err := biasBy(b, test.auxv, strings.NewReader(test.maps))
		if got != test.want || (err == nil) != (test.want != 0) || err != nil && !errors.Is(err, gobinary.ErrSymbols) {
			t.Errorf("%s: got %#x, %v, want %#x", test.name, got, err, test.want)
		}
	}
}

func TestMappingsOfAProcessThatEnds(t *testing.T) {
	if _, err := hasCode(strings.NewReader(""), 0x400000, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestEndlessMappings(t *testing.T) {
	if _, err := hasCode(endless{}, 0x400000, 0); !errors.Is(err, untrusted.ErrTooLarge) {
		t.Errorf("got %v, want untrusted.ErrTooLarge", err)
	}
}

// endless is a list of mappings that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, "7f0000000000-7f0000001000 r--p 00000000 00:00 0\n"), nil
}

func FuzzAuxvValue(f *testing.F) {
	f.Add([]byte("\x09\x00\x00\x00\x00\x00\x00\x00\x00\x10\x40\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, auxv []byte) {
		defer fuzzlimit.Watch(t)()
		if value, ok := auxvValue(auxv, auxvEntry); ok && !bytes.Contains(auxv, binary.LittleEndian.AppendUint64(nil, value)) {
			t.Errorf("%#x is not in the vector", value)
		}
	})
}
