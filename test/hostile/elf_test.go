package hostile

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// le is the order of the executables' numbers.
var le = binary.LittleEndian

// put writes numbers at an offset.
func put(data []byte, offset int, numbers ...any) {
	for _, n := range numbers {
		size, err := binary.Encode(data[offset:], le, n)
		if err != nil {
			panic(err)
		}
		offset += size
	}
}

// sectionHeader is one, as elf.Section64 is written.
func sectionHeader(s elf.Section64) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, le, s); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// code of a program that waits for ever: pause(), again and again.
var code = map[elf.Machine][]byte{
	elf.EM_X86_64:  {0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7},
	elf.EM_AARCH64: {0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00, 0x80, 0xd2, 0x04, 0x00, 0x80, 0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xf9, 0xff, 0xff, 0x17},
}

// machine is this one's.
func machine() elf.Machine {
	self, err := elf.Open("/proc/self/exe")
	if err != nil {
		panic(err)
	}
	defer self.Close()
	return self.Machine
}

// Where the parts of a made executable are.
const (
	base       = 0x400000
	codeAt     = 0x400
	namesAt    = 0x600
	sectionsAt = 0x800
	endAt      = 0x1000
)

// waiting is an executable that waits for ever and may be Go's: it has a section
// .note.go.buildid. Its second program header is for the caller to fill.
func waiting() []byte {
	data := make([]byte, endAt)
	names := "\x00.note.go.buildid\x00.shstrtab\x00"
	copy(data, "\x7fELF\x02\x01\x01")
	put(data, 16, uint16(elf.ET_EXEC), uint16(machine()), uint32(1), uint64(base+codeAt), uint64(64), uint64(sectionsAt),
		uint32(0), uint16(64), uint16(56), uint16(2), uint16(64), uint16(3), uint16(2))
	put(data, 64, elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: endAt, Memsz: endAt, Align: 0x1000})
	put(data, 64+56, elf.Prog64{Type: uint32(elf.PT_NULL)})
	copy(data[codeAt:], code[machine()])
	copy(data[namesAt:], names)
	put(data, sectionsAt+64, elf.Section64{Name: 1, Type: uint32(elf.SHT_NOTE), Flags: uint64(elf.SHF_ALLOC), Addr: base + codeAt, Off: codeAt, Size: 16, Addralign: 1})
	put(data, sectionsAt+128, elf.Section64{Name: 18, Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: uint64(len(names)), Addralign: 1})
	return data
}

// writeSparse writes an executable that is longer than what it holds.
func writeSparse(path string, data []byte, length int64) error {
	if err := os.WriteFile(path, data, 0o755); err != nil {
		return err
	}
	return os.Truncate(path, length)
}

// manySections is said to have 200 million sections, in a file of 13 GB of which a few
// KB are on disk.
func manySections(_ *testing.T, path string) error {
	const sections = 200_000_000
	data := append(waiting(), sectionHeader(elf.Section64{Size: sections})...)
	put(data, 0x28, uint64(endAt))                    // offset of the section headers
	put(data, 0x3a, uint16(64), uint16(0), uint16(0)) // their number is in the first
	return writeSparse(path, data, endAt+64*sections)
}

// hugeSegment has a segment of 8 TB, in a sparse file.
func hugeSegment(_ *testing.T, path string) error {
	const size, offset = 8 << 40, 0x10000
	data := waiting()
	put(data, 64+56, elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R), Off: offset, Vaddr: 0x100000000, Paddr: 0x100000000, Filesz: size, Memsz: size, Align: 0x1000})
	return writeSparse(path, data, offset+size)
}

// hugeSection has a symbol table and names of 8 TB, in a sparse file.
func hugeSection(_ *testing.T, path string) error {
	const size, offset = 8 << 40, 0x10000
	data := waiting()
	put(data, 0x3c, uint16(4))
	put(data, sectionsAt+192, elf.Section64{Name: 1, Type: uint32(elf.SHT_SYMTAB), Off: offset, Size: size, Link: 2, Entsize: 24, Addralign: 8})
	put(data, sectionsAt+128, elf.Section64{Name: 18, Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: size, Addralign: 1})
	return writeSparse(path, data, offset+size)
}

// section is one to add.
type section struct {
	name string
	data []byte
}

// withSections is the hostile program with more sections, and an SDK of a version that
// nobody knows, so that otwatch asks its debug information where fields lie.
func withSections(path string, more ...section) error {
	data, err := os.ReadFile(filepath.Join(builds, "hostile"))
	if err != nil {
		return err
	}
	data = bytes.ReplaceAll(data, []byte("\tgo.opentelemetry.io/otel/sdk\tv1.47.0"), []byte("\tgo.opentelemetry.io/otel/sdk\tv1.99.0"))
	var header elf.Header64
	if err := binary.Read(bytes.NewReader(data), le, &header); err != nil {
		return err
	}
	headers := bytes.Clone(data[header.Shoff:][:64*int(header.Shnum)])
	var names elf.Section64
	if err := binary.Read(bytes.NewReader(headers[64*int(header.Shstrndx):]), le, &names); err != nil {
		return err
	}
	text := bytes.Clone(data[names.Off:][:names.Size])
	text = bytes.ReplaceAll(text, []byte("debug_"), []byte("hidden")) // its own
	for _, s := range more {
		headers = append(headers, sectionHeader(elf.Section64{Name: uint32(len(text)), Type: uint32(elf.SHT_PROGBITS), Off: uint64(len(data)), Size: uint64(len(s.data)), Addralign: 1})...)
		text = append(text, s.name+"\x00"...)
		data = append(data, s.data...)
	}
	names.Off, names.Size = uint64(len(data)), uint64(len(text))
	copy(headers[64*int(header.Shstrndx):], sectionHeader(names))
	data = append(data, text...)
	put(data, 0x28, uint64(len(data)))
	put(data, 0x3c, header.Shnum+uint16(len(more)))
	return os.WriteFile(path, append(data, headers...), 0o755)
}

// bigDebug has 1 GB of debug information in a few MB.
func bigDebug(_ *testing.T, path string) error {
	const size = 1 << 30
	var packed bytes.Buffer
	packed.WriteString("ZLIB")
	packed.Write(binary.BigEndian.AppendUint64(nil, size))
	writer, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for range size / len(zeros) {
		if _, err := writer.Write(zeros); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return withSections(path, section{".zdebug_info", packed.Bytes()})
}

// deepDebug has a field whose type is a pointer to a pointer, and so on 4 million
// times. Source: DWARF 4, section 7.5.
func deepDebug(_ *testing.T, path string) error {
	abbreviations := []byte{
		1, 0x11, 1, 0, 0, // compile unit
		2, 0x13, 1, 3, 8, 0xb, 7, 0, 0, // structure: name, byte size
		3, 0xd, 0, 3, 8, 0x49, 0x13, 0x38, 0xf, 0, 0, // member: name, type, location
		4, 0xf, 0, 0x49, 0x13, 0, 0, // pointer: type
		0,
	}
	const pointers, pointerSize, headerSize = 4_000_000, 5, 11
	body := append([]byte{1, 2}, "go.opentelemetry.io/otel/sdk/trace.recordingSpan\x00"...)
	body = le.AppendUint64(body, 100)
	body = append(append(body, 3), "spanContext\x00"...)
	first := headerSize + len(body) + 4 + 1 + 1
	body = append(le.AppendUint32(body, uint32(first)), 0, 0)
	for i := range pointers {
		body = le.AppendUint32(append(body, 4), uint32(first+pointerSize*min(i+1, pointers-1)))
	}
	body = append(body, 0)
	info := le.AppendUint32(nil, uint32(7+len(body)))
	info = append(le.AppendUint32(le.AppendUint16(info, 4), 0), 8)
	return withSections(path, section{".debug_abbrev", abbreviations}, section{".debug_info", append(info, body...)})
}

// commandsInVersions has commands for a terminal for the versions of Go and the SDK.
func commandsInVersions(_ *testing.T, path string) error {
	data, err := os.ReadFile(filepath.Join(builds, "hostile"))
	if err != nil {
		return err
	}
	sdk := []byte("\tgo.opentelemetry.io/otel/sdk\tv1.47.0")
	data = bytes.ReplaceAll(data, sdk, append(bytes.Clone(sdk[:len(sdk)-7]), "\x1b[2J\x1b[H"...))
	at := bytes.Index(data, []byte("\xff Go buildinf:"))
	if at < 0 {
		return fmt.Errorf("%s has no build information", path)
	}
	version := data[at+33:][:data[at+32]]
	copy(version, "\x1b]0;x\a\x1b[7mxxxxxxxxxxxxxxxxxxxx")
	return os.WriteFile(path, data, 0o755)
}

// longNames is a program whose functions and files have names of 60,000 letters, inlined
// 20 deep.
func longNames(_ *testing.T, path string) error {
	const letters, depth, calls = 60_000, 20, 64
	long := bytes.Repeat([]byte("a"), letters)
	var source bytes.Buffer
	fmt.Fprintf(&source, "package main\n\nimport (\n\"context\"\n\"fmt\"\n\"go.opentelemetry.io/otel/sdk/trace\"\n)\n\nvar s, t, u uint64\n\n//line /%s.go:1\n", long)
	for i := range depth - 1 {
		fmt.Fprintf(&source, "func f%d_%s() { f%d_%s() }\n", i, long, i+1, long)
	}
	fmt.Fprintf(&source, "func f%d_%s() { s = s*31 + t; t ^= s>>7; u += s }\nfunc spin() {\n", depth-1, long)
	for range calls {
		fmt.Fprintf(&source, "f0_%s()\n", long)
	}
	source.WriteString(`}

func main() {
	_, span := trace.NewTracerProvider().Tracer("x").Start(context.Background(), "y")
	span.End()
	fmt.Println("ready")
	for {
		spin()
	}
}
`)
	file := path + ".go"
	if err := os.WriteFile(file, source.Bytes(), 0o644); err != nil {
		return err
	}
	return testtarget.Build(path, file)
}

// twoBuilds is the hostile program, and beside it another build, whose name ends with
// -moved: the SDK is at other addresses there.
func twoBuilds(_ *testing.T, path string) error {
	return errors.Join(
		os.Link(filepath.Join(builds, "hostile"), path),
		testtarget.Build(path+"-moved", "-gcflags=go.opentelemetry.io/otel/sdk/internal/x=-l", "./testdata/targets/hostile"))
}
