package target

import (
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"strings"
	"sync"
)

const (
	apiModule      = "go.opentelemetry.io/otel"
	sdkModule      = "go.opentelemetry.io/otel/sdk"
	protobufModule = "google.golang.org/protobuf"
	// sdkMark is linked into every program that can record a span: the SDK's
	// tracer is only reached through an interface, so it is never inlined.
	sdkMark = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"

	maxCode = 64 << 10
	// chunk is how much of a file is read at once; a lookup holds three.
	chunk = 64 << 10
)

// Binary is a parsed Go executable. Safe for concurrent use as long as the
// reader it came from is open. Addresses are the ELF file's virtual ones,
// before any load bias.
type Binary struct {
	GoVersion  string // "go1.26.8"; "" without build information
	SDKVersion string // of go.opentelemetry.io/otel/sdk, replacements honoured; "" if unknown
	Protobuf   string // version of google.golang.org/protobuf, replacements honoured; "" if unknown
	Module     string // main module's path, else the main package's
	Arch       string // GOARCH
	Stripped   bool   // no .symtab
	PIE        bool   // ET_DYN

	linksAPI, linksSDK bool // according to the build information
	image              image
	entry              uint64 // address of the program's first instruction
	functions          *pclntab
	text               uint64                // address of runtime.text
	inlineBase         func() (uint64, bool) // findInlineBase, once
	cache              *frameCache
	located            *located
}

// ReadBinary parses a Go executable for amd64 or arm64. Anything else is an
// Error of Kind ErrNotGo, ErrPacked, ErrArch or ErrSymbols; other errors come from r.
// Without build information GoVersion, SDKVersion, Protobuf and Module are empty.
func ReadBinary(r io.ReaderAt) (*Binary, error) {
	file, err := elf.NewFile(r)
	if err != nil {
		return nil, unreadable(r, err)
	}
	if isPacked(r, file) {
		return nil, &Error{Kind: ErrPacked, Says: " is packed (UPX): its functions show only in memory; run it unpacked (upx -d)"}
	}
	if !maybeGo(file) {
		return nil, notGo()
	}
	b := &Binary{cache: &frameCache{}, located: &located{functions: map[string][]Function{}}, Arch: architecture(file), PIE: file.Type == elf.ET_DYN, entry: file.Entry}
	if b.Arch != "amd64" && b.Arch != "arm64" {
		return nil, &Error{Kind: ErrArch,
			Says: fmt.Sprintf(" is a %s binary; otwatch observes amd64 and arm64 programs", b.Arch)}
	}
	b.Stripped = file.SectionByType(elf.SHT_SYMTAB) == nil
	if b.image, err = newImage(r, file); err != nil {
		return nil, err
	}
	if b.functions, b.text, err = findFunctions(file, b.image); err != nil {
		return nil, err
	}
	b.inlineBase = sync.OnceValues(b.findInlineBase)
	if info, err := buildinfo.Read(r); err == nil {
		b.describe(info)
	}
	return b, nil
}

// maybeGo keeps the searches that follow away from executables that cannot be
// Go: the linker leaves at least one of these sections even in a stripped
// program, and only a program without any section headers may hide its own.
func maybeGo(file *elf.File) bool {
	if len(file.Sections) == 0 {
		return file.Class == elf.ELFCLASS64 && file.ByteOrder == binary.LittleEndian
	}
	for _, section := range file.Sections {
		switch section.Name {
		case ".go.buildinfo", ".note.go.buildid", ".gopclntab", ".data.rel.ro.gopclntab":
			return true
		}
	}
	return false
}

// unreadable explains why a file does not parse: it is no ELF file, or a damaged
// one.
func unreadable(r io.ReaderAt, err error) error {
	var malformed *elf.FormatError
	if !errors.As(err, &malformed) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	magic := make([]byte, len(elf.ELFMAG))
	if _, readErr := r.ReadAt(magic, 0); readErr != nil || string(magic) != elf.ELFMAG {
		return notGo()
	}
	return &Error{Kind: ErrNotGo, Says: fmt.Sprintf(" is a damaged executable: its headers do not fit its contents (%v); install it anew", err)}
}

// isPacked reports whether an executable is packed by UPX: it has no section
// headers, and behind its program headers a checksum and a magic.
// Source: upx src/stub/src/include/linux.h, struct l_info.
func isPacked(r io.ReaderAt, file *elf.File) bool {
	const magic, before = "UPX!", 4
	header, entry := int64(64), int64(56)
	if file.Class == elf.ELFCLASS32 {
		header, entry = 52, 32
	}
	mark := make([]byte, len(magic))
	_, err := r.ReadAt(mark, header+entry*int64(len(file.Progs))+before)
	return err == nil && len(file.Sections) == 0 && string(mark) == magic
}

// architecture names the machine as GOARCH does, so far as Go has it on Linux.
func architecture(file *elf.File) string {
	switch file.Machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_AARCH64:
		if file.ByteOrder == binary.LittleEndian && file.Class == elf.ELFCLASS64 {
			return "arm64"
		}
	case elf.EM_386:
		return "386"
	case elf.EM_LOONGARCH:
		return "loong64"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_S390:
		return "s390x"
	}
	return strings.ToLower(strings.TrimPrefix(file.Machine.String(), "EM_"))
}

func (b *Binary) describe(info *debug.BuildInfo) {
	b.GoVersion, _, _ = strings.Cut(info.GoVersion, " ") // "go1.26.8 X:experiment"
	b.Module = info.Main.Path
	if b.Module == "" {
		b.Module = info.Path
	}
	for _, module := range info.Deps {
		used := module
		if module.Replace != nil {
			used = module.Replace // a directory has no version
		}
		switch module.Path {
		case apiModule:
			b.linksAPI = true
		case sdkModule:
			b.linksSDK, b.SDKVersion = true, used.Version
		case protobufModule:
			b.Protobuf = used.Version
		}
	}
}

// requireSDK returns an Error of Kind ErrNoSDK unless the program can record
// spans, and of Kind ErrSymbols if its functions' names are obfuscated. The build information alone cannot tell: a program may have none, and
// the linker drops what is not used.
func (b *Binary) requireSDK() error {
	found, err := b.Functions(sdkMark)
	if err != nil {
		return err
	}
	if len(found[sdkMark]) > 0 {
		return nil
	}
	if obfuscated, err := b.obfuscated(); err != nil || obfuscated {
		return cmp.Or(err, unlocated("it links the OpenTelemetry SDK, but none of its functions has the SDK's name (obfuscated); "+
			"rebuild it without an obfuscator, or exclude the OpenTelemetry packages from it (garble: GOGARBLE)"))
	}
	says := " is a Go program without OpenTelemetry"
	switch {
	case b.linksSDK:
		says = " is a Go program whose linker dropped the OpenTelemetry SDK's tracer: nothing in it makes spans; " +
			"set a TracerProvider up with sdk/trace"
	case b.linksAPI:
		says = " is a Go program without the OpenTelemetry SDK: it links only the API, " +
			"whose default tracer records nothing; set a TracerProvider up with sdk/trace"
	}
	return &Error{Kind: ErrNoSDK, Says: says}
}

// Function is one function of a Binary. Size reaches to the next function, so
// it counts the padding in between.
type Function struct {
	Name          string
	Address, Size uint64
}

// Code returns a function's bytes, of a function longer than 64 KiB the first
// 64 KiB.
func (b *Binary) Code(f Function) ([]byte, error) {
	code := make([]byte, min(f.Size, maxCode))
	offset, err := b.image.offset(f.Address, uint64(len(code)), elf.PF_X)
	if err != nil {
		return nil, fmt.Errorf("code of %s: %w", f.Name, err)
	}
	if err := readFull(b.image.r, code, offset); err != nil {
		return nil, fmt.Errorf("code of %s: %w", f.Name, err)
	}
	return code, nil
}

// FileOffset converts the address of an instruction to its offset in the file,
// which is what a uprobe wants. It fails for addresses outside code.
func (b *Binary) FileOffset(address uint64) (uint64, error) {
	return b.image.offset(address, 1, elf.PF_X)
}

// image is an ELF file as the kernel maps it: by segments, never by sections,
// which a program may lack and the kernel ignores.
type image struct {
	r        io.ReaderAt
	segments []elf.ProgHeader // PT_LOAD
}

func newImage(r io.ReaderAt, file *elf.File) (image, error) {
	m := image{r: r}
	for _, program := range file.Progs {
		if program.Type != elf.PT_LOAD {
			continue
		}
		h := program.ProgHeader
		if h.Off+h.Filesz < h.Off || h.Vaddr+h.Filesz < h.Vaddr {
			return image{}, unlocated("a segment at %#x exceeds the address space", h.Vaddr)
		}
		m.segments = append(m.segments, h)
	}
	return m, nil
}

// segment returns the segment with these permissions that holds the size bytes
// at an address in the file, not only in memory as .bss.
func (m image) segment(address, size uint64, flags elf.ProgFlag) (elf.ProgHeader, bool) {
	for _, s := range m.segments {
		if s.Flags&flags == flags && address >= s.Vaddr && address-s.Vaddr < s.Filesz &&
			size <= s.Filesz-(address-s.Vaddr) {
			return s, true
		}
	}
	return elf.ProgHeader{}, false
}

func (m image) offset(address, size uint64, flags elf.ProgFlag) (uint64, error) {
	s, ok := m.segment(address, size, flags)
	if !ok {
		return 0, fmt.Errorf("no %s segment holds %d bytes at %#x", flags, size, address)
	}
	return s.Off + (address - s.Vaddr), nil
}

// find yields the addresses of the 8-aligned words in a segment that equal one
// of those wanted. It ends early where the file does.
func (m image) find(s elf.ProgHeader, wanted ...uint64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		buffer := make([]byte, chunk)
		for at := -s.Vaddr % 8; at < s.Filesz; at += chunk {
			n, _ := m.r.ReadAt(buffer[:min(chunk, s.Filesz-at)], int64(s.Off+at))
			for i := 0; i+8 <= n; i += 8 {
				word := binary.LittleEndian.Uint64(buffer[i:])
				for _, w := range wanted {
					if word == w && !yield(s.Vaddr+at+uint64(i)) {
						return
					}
				}
			}
			if n < chunk {
				return
			}
		}
	}
}

// readFull reads len(p) bytes; an end of file before them is unexpected.
func readFull(r io.ReaderAt, p []byte, offset uint64) error {
	n, err := r.ReadAt(p, int64(offset))
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
