package gobinary

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// pcTableChunk is read of a function's table at once: most end within it.
const pcTableChunk = 512

// steps yields a table of pctab, which says for every instruction of a function
// one number: the line, the file, the place in the inline tree. It is a sequence
// of pairs of varints, a difference in value, zigzagged, and one in pc, in units
// of quantum, from -1 and the function's entry on; a first difference of 0 ends
// it, but not at its beginning. yield gets the value and where it ends, in bytes
// from the entry; the table is read until it returns false.
//
// Source: runtime/symtab.go (pcvalue, step, readvarint).
func steps(r io.ByteReader, quantum uint64, yield func(value int32, end uint64) bool) error {
	value, end := int32(-1), uint64(0)
	for first := true; ; first = false {
		change, err := varint(r)
		if err != nil {
			return err
		}
		if change == 0 && !first {
			return nil
		}
		length, err := varint(r)
		if err != nil {
			return err
		}
		value += int32(-(change & 1) ^ (change >> 1))
		end += uint64(length) * quantum
		if !yield(value, end) {
			return nil
		}
	}
}

// varint reads up to 32 bits, the lowest seven first.
func varint(r io.ByteReader) (uint32, error) {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		v |= uint32(b&0x7f) << shift
		if b&0x80 == 0 {
			return v, nil
		}
	}
	return 0, errors.New("a number has more than 32 bits")
}

// eachStep yields the table at an offset in pctab; there is none at 0.
func (t *pclntab) eachStep(offset uint32, yield func(value int32, end uint64) bool) error {
	if offset == 0 {
		return nil
	}
	start, end := t.pcs+uint64(offset), t.functab
	if start >= end {
		return fmt.Errorf("table at %#x is outside the %d bytes of them", offset, end-t.pcs)
	}
	table := bufio.NewReaderSize(io.NewSectionReader(t.r, int64(start), int64(end-start)), pcTableChunk)
	if err := steps(table, t.quantum, yield); err != nil {
		return fmt.Errorf("table at %#x: %w", offset, err)
	}
	return nil
}

// valueAt is what the table at an offset says of an instruction, in bytes from
// the function's entry: -1 for nothing.
func (t *pclntab) valueAt(offset uint32, pc uint64) (int32, error) {
	found := int32(-1)
	err := t.eachStep(offset, func(value int32, end uint64) bool {
		if pc < end {
			found = value
		}
		return pc >= end
	})
	return found, err
}
