package memory

import (
	"encoding/binary"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Layout of the runtime's descriptions of types, in bytes, the same in go1.21 to go1.27: Type,
// and what a description of some kinds has behind it. Source: internal/abi/type.go, map.go.
//
//	Type       0 Size_, 8 PtrBytes uintptr, 20 TFlag, 23 Kind_ uint8, 40 Str NameOff
//	ArrayType  48 Elem, 56 Slice *Type, 64 Len uintptr
//	MapType    48 Key, 56 Elem, 64 Group *Type, of go1.23 and earlier Bucket
//	PtrType    48 Elem *Type; SliceType too
//	StructType 48 PkgPath *byte, 56 Fields []StructField, 80 UncommonType
//	Interface  48 PkgPath *byte, 56 Methods []Imethod, 80 UncommonType
//	StructField {Name *byte, Typ *Type, Offset uintptr}
//	UncommonType {PkgPath NameOff, …}
const (
	typePointers = 8
	typeFlags    = 20
	typeText     = 40
	typeFirst    = 48
	typeSecond   = 56
	typeThird    = 64
	typeUncommon = 80
	typeBytes    = 96
	fieldBytes   = 24

	hasUncommon  = 1 << 0 // of TFlag
	hasExtraStar = 1 << 1
)

// Kinds of types beside abiKindArray. Source: internal/abi/type.go.
const (
	kindInterface = 20
	kindMap       = 21
	kindPointer   = 22
	kindSlice     = 23
	kindStruct    = 25
)

// sizes are those of values of the kinds that have but one.
var sizes = map[byte]uint64{kindInterface: 16, kindMap: 8, kindPointer: 8, kindSlice: 24}

const (
	// maxTypes bounds the descriptions that are known, maxFields the fields of one.
	maxTypes  = 1 << 10
	maxFields = 1 << 7
	// readingBytes and readingReads bound what one reading reads, but for its last piece, and how
	// often.
	readingBytes = 256 << 10
	readingReads = 500
	// readingSteps bounds the values and types that are looked at in one reading: structs may be
	// nested in a way that no compiler makes.
	readingSteps = 20_000
	// maxTypeText bounds the name of a type, a package or a field.
	maxTypeText = 200
)

// goType is what the description of a type says.
type goType struct {
	kind    byte
	size    uint64
	direct  bool    // a value lies in an interface's data word itself
	text    string  // as a program has it: *trace.recordingSpan
	name    string  // of a struct or an interface, with its import path; "" if it has none
	elem    uint64  // address of an element's type
	key     uint64  // of a map
	group   uint64  // of a map: several entries
	length  uint64  // of an array
	methods bool    // of an interface
	fields  []field // of a struct
}

// field is a field of a struct.
type field struct {
	name   string
	typ    uint64
	offset uint64
}

// types reads descriptions of types from the memory of a process.
type types struct {
	reader Reader
	base   uint64 // that names are relative to
	known  map[uint64]*goType
	cost
	err error // why the process can no longer be read
}

// cost is what one reading has cost.
type cost struct {
	bytes, reads, steps int
	spent               bool // something was not looked at, since it would have cost too much
}

// allow reports whether more may be read.
func (c *cost) allow() bool {
	c.spent = c.spent || c.bytes >= readingBytes || c.reads >= readingReads || c.steps >= readingSteps
	return !c.spent
}

// step reports whether one more value, or type, may be looked at.
func (c *cost) step() bool {
	c.steps++
	return c.allow()
}

// pay adds a read of so many bytes.
func (c *cost) pay(bytes int) {
	c.bytes += bytes
	c.reads++
}

// read reads memory. It reports false if that is not there, or no more may be read.
func (t *types) read(address uint64, buf []byte) bool {
	if t.err != nil || address == 0 || len(buf) == 0 || !t.allow() {
		return false
	}
	t.pay(len(buf))
	err := t.reader.Read(address, buf)
	t.note(err)
	return err == nil
}

// note keeps an error that is about the process, not about an address.
func (t *types) note(err error) {
	if aboutProcess(err) {
		t.err = err
	}
}

func (t *types) word(address uint64) (uint64, bool) {
	var buf [8]byte
	ok := t.read(address, buf[:])
	return binary.LittleEndian.Uint64(buf[:]), ok
}

// findBase finds among some addresses the one that names of types are relative to: from it, a
// type has the name that is expected.
func (t *types) findBase(candidates []uint64, typ uint64, expected string) bool {
	var head [typeBytes]byte
	if !t.read(typ, head[:]) {
		return false
	}
	offset := uint64(binary.LittleEndian.Uint32(head[typeText:]))
	for _, base := range candidates {
		if base == 0 || base > typ {
			continue
		}
		if text, ok := t.nameAt(base + offset); ok && unqualified(text) == expected {
			t.base = base
			return true
		}
	}
	return false
}

// unqualified is T of *pkg.T and of pkg.T[int].
func unqualified(text string) string {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "*"), "[")
	return text[strings.LastIndexByte(text, '.')+1:]
}

// nameBytes is the longest name, with what is before it.
const nameBytes = 1 + binary.MaxVarintLen16 + maxTypeText

// nameAt reads a name.
func (t *types) nameAt(address uint64) (string, bool) {
	var buf [nameBytes]byte
	if !t.read(address, buf[:]) {
		return "", false
	}
	return nameIn(buf[:])
}

// nameIn is a name in memory: a byte of flags, its length as a varint, and its bytes. Source:
// internal/abi/type.go, Name.
func nameIn(buf []byte) (string, bool) {
	length, n := binary.Uvarint(buf[1 : 1+binary.MaxVarintLen16])
	if n <= 0 || length > maxTypeText {
		return "", false
	}
	return untrusted.Text(string(buf[1+n:][:length]), maxTypeText), true
}

// each reads a piece of memory at each address, and returns those that are there: others are nil.
func (t *types) each(addresses []uint64, size int) [][]byte {
	pieces := make([][]byte, len(addresses))
	if t.err != nil || len(addresses) == 0 || !t.allow() {
		return pieces
	}
	buf := make([]byte, len(addresses)*size)
	t.pay(len(buf))
	there, err := t.reader.ReadEach(addresses, size, buf)
	t.note(err)
	for i := range there {
		if there[i] {
			pieces[i] = buf[i*size:][:size]
		}
	}
	return pieces
}

// at is the type that is described at an address; nil if none is.
func (t *types) at(address uint64) *goType {
	if known, ok := t.known[address]; ok {
		return known
	}
	if len(t.known) == maxTypes {
		clear(t.known)
	}
	read := t.parse(address)
	if t.err == nil && !t.spent {
		t.known[address] = read
	}
	return read
}

func (t *types) parse(address uint64) *goType {
	var head [typeBytes]byte
	if address%8 != 0 || !t.read(address, head[:]) {
		return nil
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(head[at:]) }
	read := &goType{kind: head[abiKindByte] & abiKindMask, size: word(0)}
	read.direct = read.size == 8 && word(typePointers) == 8
	read.text, _ = t.nameAt(t.base + uint64(binary.LittleEndian.Uint32(head[typeText:])))
	if head[typeFlags]&hasExtraStar != 0 {
		read.text = strings.TrimPrefix(read.text, "*")
	}
	if size, fixed := sizes[read.kind]; fixed && read.size != size {
		return nil
	}
	switch read.kind {
	case abiKindArray:
		read.elem, read.length = word(typeFirst), word(typeThird)
	case kindPointer, kindSlice:
		read.elem = word(typeFirst)
	case kindMap:
		read.key, read.elem, read.group = word(typeFirst), word(typeSecond), word(typeThird)
	case kindInterface:
		read.methods = word(typeThird) > 0
		read.name = t.nameOf(read.text, head)
	case kindStruct:
		read.fields = t.fieldsAt(word(typeSecond), word(typeThird))
		read.name = t.nameOf(read.text, head)
	}
	return read
}

// nameOf is the name of a struct or an interface with its import path; "" if it has none.
func (t *types) nameOf(text string, head [typeBytes]byte) string {
	if head[typeFlags]&hasUncommon == 0 {
		return ""
	}
	path, ok := t.nameAt(t.base + uint64(binary.LittleEndian.Uint32(head[typeUncommon:])))
	if !ok || path == "" {
		return ""
	}
	return path + "." + unqualified(text)
}

func (t *types) fieldsAt(address, count uint64) []field {
	if count > maxFields {
		return nil
	}
	buf := make([]byte, count*fieldBytes)
	if !t.read(address, buf) {
		return nil
	}
	fields, names := make([]field, count), make([]uint64, count)
	for i := range fields {
		word := func(at int) uint64 { return binary.LittleEndian.Uint64(buf[i*fieldBytes+at:]) }
		names[i], fields[i] = word(0), field{typ: word(8), offset: word(16)}
	}
	for i, name := range t.each(names, nameBytes) {
		if name != nil {
			fields[i].name, _ = nameIn(name)
		}
	}
	return fields
}
