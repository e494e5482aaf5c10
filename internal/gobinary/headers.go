package gobinary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// headers are those of an ELF file. Package debug/elf is not used to read them: it
// allocates whatever a file says, decompresses the names of sections, and reads more than
// is needed.
//
// Source: the gABI (ELF header, program header, section header), debug/elf.
type headers struct {
	elf.Header64
	order    binary.ByteOrder
	wide     bool // ELFCLASS64
	programs []elf.ProgHeader
	sections []elf.SectionHeader
}

var (
	errNoELF   = errors.New("not an ELF file")
	errDamaged = errors.New("its headers do not match its contents")
)

func misfit(format string, arguments ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errDamaged}, arguments...)...)
}

// readHeaders reads all headers of an ELF file, of either class and byte order. The error
// is errNoELF, errDamaged, one of the budget or one of r.
func readHeaders(r io.ReaderAt, budget *untrusted.Budget) (*headers, error) {
	h := &headers{}
	if err := h.readIdent(r); err != nil {
		return nil, err
	}
	if err := h.readFile(r); err != nil {
		return nil, err
	}
	if err := h.readPrograms(r); err != nil {
		return nil, err
	}
	return h, h.readSections(r, budget)
}

func (h *headers) readIdent(r io.ReaderAt) error {
	ident := make([]byte, elf.EI_NIDENT)
	if n, err := r.ReadAt(ident, 0); n < len(ident) || string(ident[:4]) != elf.ELFMAG {
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		return errNoELF
	}
	switch elf.Class(ident[elf.EI_CLASS]) {
	case elf.ELFCLASS32:
	case elf.ELFCLASS64:
		h.wide = true
	default:
		return misfit("class %d", ident[elf.EI_CLASS])
	}
	switch elf.Data(ident[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		h.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		h.order = binary.BigEndian
	default:
		return misfit("byte order %d", ident[elf.EI_DATA])
	}
	return nil
}

// readInto decodes what is at an offset into narrow, or into wide if the class is
// ELFCLASS64.
func (h *headers) readInto(r io.ReaderAt, offset uint64, narrow, wide any) error {
	into := narrow
	if h.wide {
		into = wide
	}
	data := make([]byte, binary.Size(into))
	if err := readHeader(r, data, offset); err != nil {
		return err
	}
	_, err := binary.Decode(data, h.order, into)
	return err
}

// readHeader is readFull for data that an ELF header refers to: an intact file does not
// end before it.
func readHeader(r io.ReaderAt, data []byte, offset uint64) error {
	if int64(offset) < 0 {
		return misfit("%#x is no offset", offset)
	}
	err := readFull(r, data, offset)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return misfit("it ends before %#x", offset+uint64(len(data)))
	}
	return err
}

func (h *headers) readFile(r io.ReaderAt) error {
	var narrow elf.Header32
	if err := h.readInto(r, 0, &narrow, &h.Header64); err != nil || h.wide {
		return err
	}
	n := narrow
	h.Header64 = elf.Header64{Type: n.Type, Machine: n.Machine, Entry: uint64(n.Entry),
		Phoff: uint64(n.Phoff), Phentsize: n.Phentsize, Phnum: n.Phnum,
		Shoff: uint64(n.Shoff), Shentsize: n.Shentsize, Shnum: n.Shnum, Shstrndx: n.Shstrndx}
	return nil
}

func (h *headers) readPrograms(r io.ReaderAt) error {
	if h.Phnum > maxProgramHeaders {
		return tooMany(maxProgramHeaders, "program headers")
	}
	size := uint64(binary.Size(elf.Prog64{}))
	if !h.wide {
		size = uint64(binary.Size(elf.Prog32{}))
	}
	if h.Phnum > 0 && uint64(h.Phentsize) != size {
		return misfit("its program headers have %d bytes", h.Phentsize)
	}
	for i := range uint64(h.Phnum) {
		var n elf.Prog32
		var p elf.Prog64
		if err := h.readInto(r, h.Phoff+i*size, &n, &p); err != nil {
			return err
		}
		if !h.wide {
			p = elf.Prog64{Type: n.Type, Flags: n.Flags, Off: uint64(n.Off), Vaddr: uint64(n.Vaddr), Filesz: uint64(n.Filesz), Memsz: uint64(n.Memsz)}
		}
		h.programs = append(h.programs, elf.ProgHeader{Type: elf.ProgType(p.Type), Flags: elf.ProgFlag(p.Flags),
			Off: p.Off, Vaddr: p.Vaddr, Filesz: p.Filesz, Memsz: p.Memsz})
	}
	return nil
}

// sectionSize is the size of a section header.
func (h *headers) sectionSize() uint64 {
	if h.wide {
		return uint64(binary.Size(elf.Section64{}))
	}
	return uint64(binary.Size(elf.Section32{}))
}

// readSections reads the headers of all sections. If there are too many for the fields of
// the ELF header, the first section has their number and the index of their names.
func (h *headers) readSections(r io.ReaderAt, budget *untrusted.Budget) error {
	if h.Shoff == 0 {
		if h.Shnum != 0 {
			return misfit("it has %d sections nowhere", h.Shnum)
		}
		return nil
	}
	count, names := uint64(h.Shnum), uint64(h.Shstrndx)
	if count == 0 {
		first, err := h.section(r, 0)
		if err != nil {
			return err
		}
		count = first.Size
		if elf.SectionIndex(names) == elf.SHN_XINDEX {
			names = uint64(first.Link)
		}
	}
	switch {
	case count > maxSections:
		return tooMany(maxSections, "sections")
	case uint64(h.Shentsize) != h.sectionSize():
		return misfit("its section headers have %d bytes", h.Shentsize)
	case names >= max(count, 1):
		return misfit("the names of its %d sections are in section %d", count, names)
	}
	const each = 128 // bytes of a SectionHeader and its name
	if err := budget.Memory(int64(count) * each); err != nil {
		return err
	}
	at := make([]uint32, count) // of their names
	for i := range count {
		s, err := h.section(r, i)
		if err != nil {
			return err
		}
		at[i] = s.Name
		h.sections = append(h.sections, elf.SectionHeader{Type: elf.SectionType(s.Type), Flags: elf.SectionFlag(s.Flags),
			Addr: s.Addr, Offset: s.Off, Size: s.Size, FileSize: s.Size})
	}
	if names == 0 {
		return nil
	}
	return h.nameSections(r, budget, h.sections[names], at)
}

func (h *headers) section(r io.ReaderAt, i uint64) (elf.Section64, error) {
	var n elf.Section32
	var s elf.Section64
	err := h.readInto(r, h.Shoff+i*h.sectionSize(), &n, &s)
	if !h.wide {
		s = elf.Section64{Name: n.Name, Type: n.Type, Flags: uint64(n.Flags), Addr: uint64(n.Addr), Off: uint64(n.Off), Size: uint64(n.Size), Link: n.Link}
	}
	return s, err
}

// nameSections sets the names of all sections. They are at offsets in a section of their
// own.
func (h *headers) nameSections(r io.ReaderAt, budget *untrusted.Budget, names elf.SectionHeader, at []uint32) error {
	switch {
	case names.Type != elf.SHT_STRTAB || names.Flags&elf.SHF_COMPRESSED != 0:
		return misfit("the names of its sections are in one of type %v", names.Type)
	case names.Size > maxSectionNames:
		return fmt.Errorf("%w: the names of its sections have more than %d bytes", untrusted.ErrTooLarge, maxSectionNames)
	}
	if err := budget.Memory(int64(names.Size)); err != nil {
		return err
	}
	text := make([]byte, names.Size)
	if err := readHeader(r, text, names.Offset); err != nil {
		return err
	}
	for i, offset := range at {
		if uint64(offset) >= names.Size {
			return misfit("the name of section %d is outside of them", i)
		}
		name, _, ended := bytes.Cut(text[offset:min(names.Size, uint64(offset)+maxSectionName)], []byte{0})
		if ended { // no longer name is looked for
			h.sections[i].Name = string(name)
		}
	}
	return nil
}

func (h *headers) machine() elf.Machine { return elf.Machine(h.Machine) }

// has reports whether there is a section of a type.
func (h *headers) has(kind elf.SectionType) bool {
	return slices.ContainsFunc(h.sections, func(s elf.SectionHeader) bool { return s.Type == kind })
}

// find returns the first section of a name.
func (h *headers) find(name string) (elf.SectionHeader, bool) {
	for _, s := range h.sections {
		if s.Name == name {
			return s, true
		}
	}
	return elf.SectionHeader{}, false
}
