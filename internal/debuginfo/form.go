package debuginfo

import "fmt"

// Forms of attributes' values that have a name here.
const (
	formString        = 0x08
	formIndirect      = 0x16
	formImplicitConst = 0x21
)

// layout is how the values of a form are laid out.
type layout uint8

const (
	unknown   layout = iota
	fixed            // so many bytes
	address          // of the unit's size
	offset           // in a section, 4 or 8 bytes
	reference        // an offset, but an address in DWARF 2
	number           // LEB128
	block            // after its length, which has so many bytes
	longBlock        // after its length, LEB128
	text             // up to a zero byte
	indirect         // after its form, LEB128
)

// forms has all forms but GCC's own. Source: DWARF 5, 7.5.6.
var forms = [...]struct {
	layout layout
	size   uint64
}{
	0x01: {address, 0},                                   // addr
	0x03: {block, 2}, 0x04: {block, 4}, 0x0a: {block, 1}, // block2, block4, block1
	0x05: {fixed, 2}, 0x06: {fixed, 4}, 0x07: {fixed, 8}, 0x0b: {fixed, 1}, // data2, data4, data8, data1
	0x08: {text, 0},                    // string
	0x09: {longBlock, 0},               // block
	0x0c: {fixed, 1}, 0x19: {fixed, 0}, // flag, flag_present
	0x0d: {number, 0}, 0x0f: {number, 0}, // sdata, udata
	0x0e: {offset, 0}, 0x1d: {offset, 0}, 0x1f: {offset, 0}, // strp, strp_sup, line_strp
	0x10: {reference, 0},                                                   // ref_addr
	0x11: {fixed, 1}, 0x12: {fixed, 2}, 0x13: {fixed, 4}, 0x14: {fixed, 8}, // ref1, ref2, ref4, ref8
	0x15: {number, 0},                    // ref_udata
	0x16: {indirect, 0},                  // indirect
	0x17: {offset, 0},                    // sec_offset
	0x18: {longBlock, 0},                 // exprloc
	0x1a: {number, 0}, 0x1b: {number, 0}, // strx, addrx
	0x1c: {fixed, 4}, 0x24: {fixed, 8}, 0x20: {fixed, 8}, // ref_sup4, ref_sup8, ref_sig8
	0x1e: {fixed, 16},                    // data16
	0x21: {fixed, 0},                     // implicit_const: in the abbreviation
	0x22: {number, 0}, 0x23: {number, 0}, // loclistx, rnglistx
	0x25: {fixed, 1}, 0x26: {fixed, 2}, 0x27: {fixed, 3}, 0x28: {fixed, 4}, // strx1 to strx4
	0x29: {fixed, 1}, 0x2a: {fixed, 2}, 0x2b: {fixed, 3}, 0x2c: {fixed, 4}, // addrx1 to addrx4
}

// value is an attribute's value, as far as it matters here.
type value struct {
	number uint64
	text   []byte // valid until the next read
}

// value reads an attribute's value, or skips it if it does not matter.
func (u *unit) value(form uint64) value {
	for form == formIndirect && u.err == nil {
		form = u.number()
	}
	if form >= uint64(len(forms)) || forms[form].layout == unknown {
		if u.err == nil {
			u.err = fmt.Errorf("its attributes have the unknown form %#x", form)
		}
		return value{}
	}
	f := forms[form]
	switch f.layout {
	case fixed:
		if f.size > 8 {
			u.skip(f.size)
			return value{}
		}
		return value{number: u.fixed(f.size)}
	case address:
		u.skip(u.addressSize)
	case offset:
		u.skip(u.offsetSize)
	case reference:
		u.skip(u.referenceSize)
	case number:
		return value{number: u.number()}
	case block:
		u.skip(u.fixed(f.size))
	case longBlock:
		u.skip(u.number())
	case text:
		return value{text: u.text()}
	}
	return value{}
}
