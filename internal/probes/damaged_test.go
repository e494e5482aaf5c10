package probes

import (
	"bytes"
	"debug/elf"
	"os"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// flipped is a file of which some bytes are flipped.
type flipped struct {
	file []byte
	at   uint64
	flip []byte
}

func (f flipped) ReadAt(p []byte, offset int64) (int, error) {
	n, err := bytes.NewReader(f.file).ReadAt(p, offset)
	for i, mask := range f.flip {
		if at := int64(f.at) + int64(i) - offset; at >= 0 && at < int64(n) {
			p[at] ^= mask
		}
	}
	return n, err
}

// FuzzPlacesInDamagedProgram looks for the places of all probes in a real program
// of which bytes in the parts that lead there were flipped. Each place that is
// found must be one of the program as it was made: no probe goes where no function
// has its prologue.
func FuzzPlacesInDamagedProgram(f *testing.F) {
	file, err := os.ReadFile(testtarget.Executable(f))
	if err != nil {
		f.Fatal(err)
	}
	placer := placers["amd64"]
	whole, err := gobinary.Read(bytes.NewReader(file))
	if err != nil || whole.Arch != "amd64" {
		f.Skipf("SKIPPED: the tests run on %+v, %v", whole, err)
	}
	prologues := prologuesOf(f, whole, file, placer)
	offsets := leads(f, file)
	for part := range offsets {
		f.Add(uint8(part), uint32(0), []byte{0xff})
		f.Add(uint8(part), uint32(4), []byte{4})
		f.Add(uint8(part), uint32(8), []byte{0, 0x10})
		f.Add(uint8(part), uint32(16), []byte{0x40, 0, 0, 0, 0x40})
	}
	f.Fuzz(func(t *testing.T, part uint8, behind uint32, flip []byte) {
		defer fuzzlimit.Watch(t)()
		const reach = 64 << 10
		at := offsets[int(part)%len(offsets)] + uint64(behind%reach)
		b, err := gobinary.Read(flipped{file, at, flip})
		if err != nil {
			return
		}
		functions, err := b.Functions(Symbols()...)
		if err != nil {
			return
		}
		for i, row := range catalogue {
			for _, function := range functions[row.Symbol] {
				code, err := b.Code(function)
				if err != nil {
					continue
				}
				places, err := placer.placements(catalogue[i], code)
				if err != nil {
					continue
				}
				offset, err := b.FileOffset(function.Address + places[0].Offset)
				if err != nil {
					continue
				}
				// What runs is the program as it was made.
				begin, err := whole.FileOffset(function.Address)
				if err != nil {
					continue
				}
				loaded := file[begin:min(begin+uint64(len(code)), uint64(len(file)))]
				if verify(code, loaded, places, placer.trap) == nil && !prologues[offset] {
					t.Errorf("%s would have a probe at %#x of the file, where no function begins", row.Symbol, offset)
				}
			}
		}
	})
}

// prologuesOf are the offsets in the file of every place where a function may
// have a probe at its entry.
func prologuesOf(t testing.TB, b *gobinary.Binary, file []byte, placer placer) map[uint64]bool {
	t.Helper()
	parsed, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text := parsed.Section(".text")
	prologues := map[uint64]bool{}
	for address := text.Addr; address < text.Addr+text.Size; {
		function, ok, err := b.FunctionAt(address)
		if err != nil || !ok || function.Size == 0 {
			address++
			continue
		}
		address = function.Address + function.Size
		code, err := b.Code(function)
		if err != nil {
			t.Fatal(err)
		}
		if place, err := placer.enter(code); err == nil {
			offset, err := b.FileOffset(function.Address + place.Offset)
			if err != nil {
				t.Fatal(err)
			}
			prologues[offset] = true
		}
	}
	if len(prologues) < 1000 {
		t.Fatalf("the program has %d functions", len(prologues))
	}
	return prologues
}

// leads are offsets of the parts of a program that lead to a function's code: its
// headers, module data, function table, in it the names, entries and records, and
// the code itself.
func leads(t testing.TB, file []byte) []uint64 {
	t.Helper()
	parsed, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	const programHeaders = 64
	offsets := []uint64{0, programHeaders}
	for _, name := range []string{".gopclntab", ".go.module", ".text", ".shstrtab"} {
		if s := parsed.Section(name); s != nil {
			offsets = append(offsets, s.Offset)
		}
	}
	table := parsed.Section(".gopclntab")
	word := func(i uint64) uint64 { return parsed.ByteOrder.Uint64(file[table.Offset+8*i:]) }
	for _, part := range []uint64{4, 8} { // names, entries and records
		offsets = append(offsets, table.Offset+word(part))
	}
	return append(offsets, uint64(bytes.Index(file, []byte(sdkTrace+"(*tracer).Start\x00"))))
}
