package gobinary

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/testprogram"
)

// damaged is a file of which some bytes are flipped and the end is missing.
type damaged struct {
	file []byte
	at   uint64
	flip []byte
	size uint64
}

func (d damaged) ReadAt(p []byte, offset int64) (int, error) {
	n, err := bytes.NewReader(d.file[:min(d.size, uint64(len(d.file)))]).ReadAt(p, offset)
	for i, mask := range d.flip {
		if at := int64(d.at) + int64(i) - offset; at >= 0 && at < int64(n) {
			p[at] ^= mask
		}
	}
	return n, err
}

var _ io.ReaderAt = damaged{}

// FuzzDamagedProgram reads a real program whose bytes were flipped, or whose end
// is gone: in the headers, the module data, the function table with its values by
// address and inline trees, and the build information. Whatever is found must
// be within the file.
func FuzzDamagedProgram(f *testing.F) {
	file, err := os.ReadFile(testprogram.Build(f, testprogram.Tiny))
	if err != nil {
		f.Fatal(err)
	}
	whole, err := Read(bytes.NewReader(file))
	if err != nil {
		f.Fatal(err)
	}
	for _, at := range vulnerable(f, file) {
		f.Add(at, []byte{0xff}, uint64(len(file)))
		f.Add(at+9, []byte{1, 0, 0, 0x80}, uint64(len(file)))
		f.Add(uint64(0), []byte(nil), at+100)
	}
	f.Fuzz(func(t *testing.T, at uint64, flip []byte, size uint64) {
		defer fuzzlimit.Watch(t)()
		b, err := Read(damaged{file, at % uint64(len(file)), flip, size})
		if err != nil {
			return
		}
		_ = b.RequireSDK()
		found, _ := b.Functions("main.main", "main.(*pair[", "*.Read")
		for _, bodies := range found {
			for _, body := range bodies {
				if code, err := b.Code(body); err == nil && uint64(len(code)) > size {
					t.Errorf("%s has %d bytes in a file of %d", body.Name, len(code), size)
				}
				for address := body.Address; address < body.Address+min(body.Size, 64); address += 8 {
					_, _ = b.FramesAt(address)
				}
			}
		}
		_, _, _ = b.FunctionAt(whole.Text)
		_, _ = b.FileOffset(whole.Text)
	})
}

// vulnerable are the offsets in a program of what otwatch reads.
func vulnerable(t testing.TB, file []byte) []uint64 {
	t.Helper()
	parsed, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	const header, programs = 16, 64
	offsets := []uint64{header, programs}
	for _, name := range []string{".text", ".gopclntab", ".go.module", ".go.buildinfo", ".rodata"} {
		if s := parsed.Section(name); s != nil {
			offsets = append(offsets, s.Offset, s.Offset+s.Size/2)
		}
	}
	return offsets
}
