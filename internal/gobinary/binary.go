package gobinary

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

const (
	apiModule      = "go.opentelemetry.io/otel"
	sdkModule      = "go.opentelemetry.io/otel/sdk"
	protobufModule = "google.golang.org/protobuf"
	// sdkMark is in every program that can record a span: the SDK's tracer is only
	// called through an interface, so it is never inlined.
	sdkMark = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"
	// pluginMark is in every program that can load plugins. Source: src/plugin/plugin_dlopen.go.
	pluginMark = "plugin.open"

	maxCode = 64 << 10 // of one function
)

// Binary is a parsed Go executable. It is safe for concurrent use as long as the reader
// that it came from is open. Addresses are those in the ELF file, without a load bias.
type Binary struct {
	Description
	Entry uint64 // address of the program's first instruction
	Text  uint64 // address of runtime.text

	image      image
	functions  *pclntab
	inlineBase func() (uint64, bool) // the result of findInlineBase
	cache      *frameCache
	located    *located
	options    func() ([]snapshot.Option, error) // the result of findOptions
	debugged   *debugged
}

// Read parses a Go executable for amd64 or arm64. For any other file the error is an
// Error of Kind ErrNotGo, ErrPacked, ErrArch or ErrSymbols, for one that costs too much
// to parse of Kind ErrTooLarge; other errors are r's. Without build information
// GoVersion, SDKVersion, Protobuf, Module and Modules are empty.
func Read(r io.ReaderAt) (*Binary, error) {
	budget := untrusted.NewBudget(examination)
	b, err := readBinary(r, budget)
	if err := verdict(budget, err); err != nil {
		return nil, err
	}
	return b, nil
}

// readBinary parses within a budget. The budget does not apply to what the Binary reads
// later.
func readBinary(r io.ReaderAt, budget *untrusted.Budget) (*Binary, error) {
	file, err := readGo(r, budget)
	if err != nil {
		return nil, err
	}
	b := &Binary{cache: &frameCache{}, debugged: &debugged{}, located: &located{functions: map[string][]Function{}}, Entry: file.Entry}
	if arch := architecture(file); arch != "amd64" && arch != "arm64" {
		return nil, &Error{Kind: ErrArch,
			Says: fmt.Sprintf(" is a %s binary; otwatch observes amd64 and arm64 programs", arch)}
	}
	if b.image, err = newImage(r, file); err != nil {
		return nil, err
	}
	within := b.image.within(budget)
	if b.functions, b.Text, err = findFunctions(file, within); err != nil {
		return nil, err
	}
	if b.functions.r, err = b.image.reader(b.functions.address, b.functions.size); err != nil {
		return nil, err
	}
	b.inlineBase, b.options = sync.OnceValues(b.findInlineBase), sync.OnceValues(b.findOptions)
	if b.Description, err = describe(r, file, within, budget); err != nil {
		return nil, err
	}
	return b, nil
}

// readGo reads the headers of an executable that may be a Go program's.
func readGo(r io.ReaderAt, budget *untrusted.Budget) (*headers, error) {
	file, err := readHeaders(budget.ReaderAt(r), budget)
	if err != nil {
		return nil, unreadable(err)
	}
	if isPacked(r, file) {
		return nil, &Error{Kind: ErrPacked, Says: " is packed (UPX): its functions show only in memory; run it unpacked (upx -d)"}
	}
	if !maybeGo(file) {
		return nil, notGo()
	}
	return file, nil
}

// maybeGo spares executables that cannot be Go programs the searches that follow. The
// linker leaves at least one of these sections even in a stripped program, unless the
// program has no section headers at all.
func maybeGo(file *headers) bool {
	if len(file.sections) == 0 {
		return file.wide && file.order == binary.LittleEndian
	}
	for _, section := range file.sections {
		switch section.Name {
		case ".go.buildinfo", ".note.go.buildid", ".gopclntab", ".data.rel.ro.gopclntab":
			return true
		}
	}
	return false
}

// unreadable explains why headers cannot be parsed: the file is no ELF file, or a damaged
// one.
func unreadable(err error) error {
	switch {
	case errors.Is(err, errNoELF):
		return notGo()
	case errors.Is(err, errDamaged):
		return &Error{Kind: ErrNotGo, Says: fmt.Sprintf(" is a damaged executable: %v; install it anew", err)}
	}
	return err
}

// isPacked reports whether an executable is packed by UPX: it has no section headers, and
// a checksum and a magic follow its program headers. Source: upx
// src/stub/src/include/linux.h, struct l_info.
func isPacked(r io.ReaderAt, file *headers) bool {
	const magic, before = "UPX!", 4
	header, entry := int64(64), int64(56)
	if !file.wide {
		header, entry = 52, 32
	}
	mark := make([]byte, len(magic))
	_, err := r.ReadAt(mark, header+entry*int64(len(file.programs))+before)
	return err == nil && len(file.sections) == 0 && string(mark) == magic
}

// architecture names the machine as GOARCH does, if Go supports it on Linux.
func architecture(file *headers) string {
	switch file.machine() {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_AARCH64:
		if file.order == binary.LittleEndian && file.wide {
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
	return strings.ToLower(strings.TrimPrefix(file.machine().String(), "EM_"))
}

// RequireSDK returns an Error of Kind ErrNoSDK unless the program can record spans, and
// of Kind ErrSymbols if its functions have other names than the SDK's. Build information is no
// proof: a program may have none, and the linker drops what is not used. The same pass
// over the function table finds the symbols, for later calls of Functions.
func (b *Binary) RequireSDK(symbols ...string) error {
	found, err := b.Functions(append([]string{sdkMark, pluginMark}, symbols...)...)
	if err != nil {
		return err
	}
	if len(found[sdkMark]) > 0 {
		return nil
	}
	if obfuscated, err := b.obfuscated(); err != nil || obfuscated {
		return cmp.Or(err, Unlocated("it links the OpenTelemetry SDK, but none of its functions has the SDK's name (obfuscated); "+
			"rebuild it without an obfuscator, or exclude the OpenTelemetry packages from it (garble: GOGARBLE)"))
	}
	if vendored, err := b.vendored(); err != nil || vendored {
		return cmp.Or(err, Unlocated("it was built without modules (GOPATH), so the names of the OpenTelemetry SDK's functions "+
			"begin with the path of its vendor directory; build it with modules (-mod=vendor may stay)"))
	}
	says := " is a Go program without OpenTelemetry"
	switch {
	case b.Links(sdkModule):
		says = " is a Go program whose linker dropped the OpenTelemetry SDK's tracer: nothing in it makes spans; " +
			"set a TracerProvider up with sdk/trace"
	case b.Links(apiModule):
		says = " is a Go program without the OpenTelemetry SDK: it links only the API, " +
			"whose default tracer records nothing; set a TracerProvider up with sdk/trace"
	}
	return &Error{Kind: ErrNoSDK, Says: says, LoadsPlugins: len(found[pluginMark]) > 0}
}

// Function is one function of a Binary. Its Size includes the padding up to the next
// function.
type Function struct {
	Name          string
	Address, Size uint64
}

// Code returns a function's bytes, the first 64 KiB at most.
func (b *Binary) Code(f Function) ([]byte, error) {
	code := make([]byte, min(f.Size, maxCode))
	if err := b.CodeAt(f.Address, code); err != nil {
		return nil, fmt.Errorf("code of %s: %w", f.Name, err)
	}
	return code, nil
}

// CodeAt fills code with the file's bytes from an address on, within the code.
func (b *Binary) CodeAt(address uint64, code []byte) error {
	offset, err := b.image.offset(address, uint64(len(code)), elf.PF_X)
	if err != nil {
		return err
	}
	return readFull(b.image.r, code, offset)
}

// CodeSegment returns the segment that holds runtime.text.
func (b *Binary) CodeSegment() (elf.ProgHeader, bool) {
	return b.image.segment(b.Text, 1, elf.PF_X)
}

// FileOffset converts the address of an instruction to its offset in the file, as a
// uprobe needs it. It fails for addresses outside code.
func (b *Binary) FileOffset(address uint64) (uint64, error) {
	return b.image.offset(address, 1, elf.PF_X)
}
