package gobinary

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// pcTableChunk is how much of a function's table is read at once: most tables end within
// it.
const pcTableChunk = 512

// steps yields a table of pctab, which has a number for every instruction of a function:
// the line, the file, or the index in the inline tree. The table is a sequence of pairs
// of varints: a zigzag-encoded difference of the value, which is -1 at first, and a
// difference of pc in units of quantum, from the function's entry on. A first difference
// of 0 ends the table, except in the first pair. yield is called with each value and
// where it ends, in bytes from the entry, until it returns false.
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

// eachStep yields the table at an offset in pctab. Offset 0 means that there is none.
func (t *pclntab) eachStep(offset uint32, yield func(value int32, end uint64) bool) error {
	if offset == 0 {
		return nil
	}
	start, end := t.pcs+uint64(offset), t.functab
	if start >= end {
		return fmt.Errorf("table at %#x is outside the %d bytes of them", offset, end-t.pcs)
	}
	table := bufio.NewReaderSize(part(t.r, start, end-start), pcTableChunk)
	if err := steps(table, t.quantum, yield); err != nil {
		return fmt.Errorf("table at %#x: %w", offset, err)
	}
	return nil
}

// valueAt returns the value that the table at an offset has for an instruction, in bytes
// from the function's entry: -1 for none.
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
