package debuginfo

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// abbreviation is the structure of the entries of one kind. In .debug_abbrev, all
// numbers LEB128:
//
//	code (0: the end of a unit's), tag, u8 children
//	{name, form, of DW_FORM_implicit_const its value} up to two zeros
//
// Source: DWARF 5, 7.5.3.
type abbreviation struct {
	tag        uint64
	children   bool
	attributes []attribute
}

// maxAttributes bounds the attributes of one unit's abbreviations, including the zeros at
// the end of each abbreviation. Go's linker writes about 130, C++ compilers some
// thousands.
const maxAttributes = 64 << 10

type attribute struct{ name, form uint64 }

// parseAbbreviations parses the abbreviations at an offset, by code.
func parseAbbreviations(section []byte, offset uint64, budget *untrusted.Budget) (map[uint64]abbreviation, error) {
	if offset >= uint64(len(section)) {
		return nil, fmt.Errorf("abbreviations at %#x are outside of them", offset)
	}
	c, attributes := cursorOf(section[offset:]), 0
	table := map[uint64]abbreviation{}
	for c.err == nil {
		code := c.number()
		if code == 0 {
			return table, c.err
		}
		a := abbreviation{tag: c.number(), children: c.fixed(1) != 0}
		for c.err == nil {
			if err := budget.Steps(1); err != nil {
				return nil, err
			}
			if attributes++; attributes > maxAttributes {
				return nil, fmt.Errorf("%w: the abbreviations of one unit have more than %d attributes", untrusted.ErrTooLarge, maxAttributes)
			}
			at := attribute{name: c.number(), form: c.number()}
			if at.form == formImplicitConst {
				c.number()
			}
			if at == (attribute{}) {
				break
			}
			a.attributes = append(a.attributes, at)
		}
		if _, twice := table[code]; twice {
			return nil, errors.New("two abbreviations have one code")
		}
		table[code] = a
	}
	return nil, fmt.Errorf("abbreviations at %#x: %w", offset, c.err)
}
