package debuginfo

import (
	"errors"
	"fmt"
	"io"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Tags and attributes. Source: DWARF 5, 7.5.3 and 7.5.4.
const (
	tagMember    = 0x0d
	tagStruct    = 0x13
	atName       = 0x03
	atByteSize   = 0x0b
	atDataMember = 0x38 // data_member_location

	// fieldSize is about the memory of a field, without its name.
	fieldSize = 64
)

// Struct is the layout of one struct, in bytes.
type Struct struct {
	Size   uint64
	Fields map[string]uint64 // offsets, by name
}

// Structs reads .debug_info, little-endian, and returns the structs with these names,
// each as it is first defined for a whole unit. It ends when all are found. The names
// must be in .debug_info itself, as Go's linker writes them, not in .debug_str, where C
// compilers put them.
func Structs(info io.Reader, abbreviations []byte, budget *untrusted.Budget, names ...string) (map[string]Struct, error) {
	s := search{cursor: newCursor(budget.Reader(info)), section: abbreviations, budget: budget,
		wanted: map[string]bool{}, found: map[string]Struct{}}
	for _, name := range names {
		s.wanted[name] = true
	}
	for !s.complete() {
		more, err := s.unit()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	return s.found, nil
}

// search is the state of going through .debug_info.
type search struct {
	*cursor
	section []byte // .debug_abbrev
	budget  *untrusted.Budget
	wanted  map[string]bool
	found   map[string]Struct

	table   map[uint64]abbreviation // of the last unit
	tableAt uint64
	steps   uint64 // entries so far
}

// unit is one of .debug_info:
//
//	u32 length, or 0xffffffff and u64 length, which makes offsets 8 bytes long
//	u16 version
//	2 to 4: offset of abbreviations, u8 size of addresses
//	5: u8 type, u8 size of addresses, offset of abbreviations; of types 4 and 5 a u64,
//	   of 2 and 6 a u64 and an offset
//
// Source: DWARF 5, 7.5.1.
type unit struct {
	*cursor
	offsetSize, addressSize, referenceSize uint64
}

// unit goes through one unit, and reports whether there was one.
func (s *search) unit() (bool, error) {
	if !s.more() {
		return false, s.err
	}
	u, abbreviations := s.header()
	if s.err != nil {
		return false, s.err
	}
	if s.table == nil || s.tableAt != abbreviations {
		table, err := parseAbbreviations(s.section, abbreviations, s.budget)
		if err != nil {
			return false, err
		}
		s.table, s.tableAt = table, abbreviations
	}
	if err := s.entries(u); err != nil || s.complete() {
		return false, err
	}
	s.skip(s.end - s.at)
	s.end = 1 << 63
	return true, s.err
}

// header reads the header of a unit, and returns the offset of its abbreviations.
func (s *search) header() (*unit, uint64) {
	u := &unit{cursor: s.cursor, offsetSize: 4}
	length := s.fixed(4)
	if length == 0xffffffff {
		u.offsetSize, length = 8, s.fixed(8)
	}
	if s.err == nil && length > s.end-s.at {
		s.err = errors.New("a unit is longer than any file")
		return u, 0
	}
	s.end = s.at + length
	version := s.fixed(2)
	var kind, abbreviations uint64
	switch version {
	case 2, 3, 4:
		abbreviations, u.addressSize = s.fixed(u.offsetSize), s.fixed(1)
	case 5:
		kind, u.addressSize, abbreviations = s.fixed(1), s.fixed(1), s.fixed(u.offsetSize)
	default:
		if s.err == nil {
			s.err = fmt.Errorf("DWARF version %d is unknown", version)
		}
	}
	switch kind {
	case 4, 5: // skeleton, split_compile
		s.skip(8)
	case 2, 6: // type, split_type
		s.skip(8 + u.offsetSize)
	}
	u.referenceSize = u.offsetSize
	if version == 2 {
		u.referenceSize = u.addressSize
	}
	return u, abbreviations
}

// entries goes through a unit's entries. An entry with children is followed by them and a
// zero; depth is how many such entries are open.
func (s *search) entries(u *unit) error {
	var fields map[string]uint64 // of the struct that is open, if it is wanted
	for depth := 0; s.at < s.end && s.err == nil; {
		if err := s.step(); err != nil {
			return err
		}
		code := s.number()
		if code == 0 {
			if depth--; depth == 1 {
				fields = nil
			}
			if fields == nil && s.complete() {
				return nil
			}
			continue
		}
		a, ok := s.table[code]
		if !ok {
			return fmt.Errorf("abbreviation %d of an entry is unknown", code)
		}
		switch {
		case a.tag == tagStruct && depth == 1:
			fields = s.begin(u, a)
		case a.tag == tagMember && depth == 2 && fields != nil:
			if err := s.member(u, a, fields); err != nil {
				return err
			}
		default:
			for _, at := range a.attributes {
				u.value(at.form)
			}
		}
		if a.children {
			depth++
		} else if depth == 1 {
			fields = nil
		}
	}
	return s.err
}

// step charges the steps through entries to the budget, many at once.
func (s *search) step() error {
	const together = 1 << 10
	s.steps++
	if s.steps%together != 1 {
		return nil
	}
	return s.budget.Steps(together)
}

// complete reports whether everything wanted was found.
func (s *search) complete() bool { return len(s.found) == len(s.wanted) }

// begin reads the entry of a struct, and returns the map for its fields, nil if the
// struct is not wanted.
func (s *search) begin(u *unit, a abbreviation) map[string]uint64 {
	name, size := "", uint64(0)
	for _, at := range a.attributes {
		switch v := u.value(at.form); {
		case at.name == atName && s.wanted[string(v.text)]:
			name = string(v.text)
		case at.name == atByteSize:
			size = v.number
		}
	}
	if _, known := s.found[name]; name == "" || known || s.err != nil {
		return nil
	}
	fields := map[string]uint64{}
	s.found[name] = Struct{Size: size, Fields: fields}
	return fields
}

// member reads the entry of a field.
func (s *search) member(u *unit, a abbreviation, fields map[string]uint64) error {
	name, offset := "", uint64(0)
	for _, at := range a.attributes {
		switch v := u.value(at.form); at.name {
		case atName:
			if err := s.budget.Memory(int64(len(v.text) + fieldSize)); err != nil {
				return err
			}
			name = string(v.text)
		case atDataMember:
			offset = v.number
		}
	}
	fields[name] = offset
	return nil
}
