package gobinary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxInlined bounds the nested inlined calls that a corrupt inline tree may have.
const maxInlined = 64

// FramesAt returns the functions at an address, with file and line: those inlined there,
// the innermost first, and then the function itself. Outside Go code there are none. If
// the inline tree cannot be read, or that costs too much, only the function itself is
// returned, without a line. Names longer than 1 KiB are cut and end in "…". The frames
// must not be modified.
func (b *Binary) FramesAt(address uint64) ([]*snapshot.Frame, error) {
	if frames, ok := b.cache.get(address); ok {
		return frames, nil
	}
	all := b.cache.budget(time.Now())
	frames, err := b.framesAt(address, all)
	if err == nil && all.Err() == nil { // else another lookup may succeed
		b.cache.put(address, frames)
	}
	return frames, err
}

// framesAt looks frames up within two budgets: all is for all lookups, and a budget of
// its own for this one.
func (b *Binary) framesAt(address uint64, all *untrusted.Budget) ([]*snapshot.Frame, error) {
	t := b.functions
	if address < b.Text+uint64(t.first) || address >= b.Text+uint64(t.end) {
		return nil, nil
	}
	e, err := b.cache.function(uint32(address-b.Text), t.entryAt)
	if err != nil {
		return nil, fmt.Errorf("function at %#x: %w", address, err)
	}
	base, known := b.inlineBase()
	one := untrusted.NewBudget(lookup)
	l := frameLookup{pclntab: t.within(all).within(one), whole: t, image: b.image.within(all).within(one), base: base, baseKnown: known, cache: b.cache}
	frames, err := l.frames(e, address-b.Text-uint64(e.start))
	if err != nil {
		return nil, fmt.Errorf("function at %#x: %w", address, err)
	}
	return frames, nil
}

// frameLookup looks up the frames of one address within a budget.
type frameLookup struct {
	*pclntab
	whole     *pclntab // without a budget
	image     image
	base      uint64 // of inline trees
	baseKnown bool
	cache     *frameCache
}

// frames returns the frames of an instruction, given in bytes from its function's entry.
func (l frameLookup) frames(e entry, pc uint64) ([]*snapshot.Frame, error) {
	outer, err := l.name(e.name)
	if err != nil {
		return nil, err
	}
	frames, err := l.located(e, pc, outer)
	if err != nil && !readFailed(err) {
		return []*snapshot.Frame{{Function: outer}}, nil
	}
	return frames, err
}

// located returns the frames of an instruction with their files and lines.
func (l frameLookup) located(e entry, pc uint64, outer string) ([]*snapshot.Frame, error) {
	r, err := l.record(e)
	if err != nil {
		return nil, err
	}
	inlined, pc, err := l.inlined(e, r, pc)
	if err != nil {
		return nil, err
	}
	file, line, err := l.position(r, pc)
	if err != nil {
		return nil, err
	}
	return append(inlined, &snapshot.Frame{Function: outer, File: file, Line: line}), nil
}

// name returns a name of funcnametab. It costs little, and so needs no budget.
func (l frameLookup) name(offset int32) (string, error) {
	return l.cache.text(l.names+uint64(offset), func() (string, error) { return l.whole.name(offset) })
}

// inlined returns the frames that are inlined at an instruction, and the instruction of
// the function itself that stands for their call.
func (l frameLookup) inlined(e entry, r record, pc uint64) ([]*snapshot.Frame, uint64, error) {
	var frames []*snapshot.Frame
	for range maxInlined {
		index, err := l.valueAt(r.inlineIndex, pc)
		if err != nil || index < 0 {
			return frames, pc, err
		}
		if !l.baseKnown || r.inlineTree == noPosition {
			return nil, 0, errors.New("its inline tree is not known")
		}
		call, err := l.inlinedCall(l.image, l.base, r.inlineTree, index)
		if err != nil {
			return nil, 0, err
		}
		name, err := l.name(call.name)
		if err != nil {
			return nil, 0, err
		}
		if call.at >= e.end-e.start {
			return nil, 0, fmt.Errorf("call of %s at %#x is outside the function", name, call.at)
		}
		file, line, err := l.position(r, pc)
		if err != nil {
			return nil, 0, err
		}
		frames = append(frames, &snapshot.Frame{Function: name, File: file, Line: line})
		pc = uint64(call.at)
	}
	return nil, 0, fmt.Errorf("more than %d calls inlined into each other", maxInlined)
}

// position returns the file and line of an instruction, neither if the tables do not have
// them. The error is one of reading the file.
func (l frameLookup) position(r record, pc uint64) (string, int, error) {
	name, line, err := l.findPosition(r, pc)
	switch {
	case readFailed(err):
		return "", 0, err
	case err != nil || line <= 0:
		return "", 0, nil
	}
	return name, int(line), nil
}

func (l frameLookup) findPosition(r record, pc uint64) (string, int32, error) {
	file, err := l.valueAt(r.pcfile, pc)
	if err != nil || file < 0 {
		return "", 0, err
	}
	line, err := l.valueAt(r.pcln, pc)
	if err != nil {
		return "", 0, err
	}
	at, err := l.fileName(r.unit, uint32(file))
	if err != nil {
		return "", 0, err
	}
	name, err := l.cache.text(l.files+at, func() (string, error) { return l.whole.text(l.files, l.pcs, at) })
	return name, line, err
}

// fileName returns the offset in filetab of the name of a compilation unit's nth file,
// according to cutab.
func (t *pclntab) fileName(unit, n uint32) (uint64, error) {
	at := t.units + 4*(uint64(unit)+uint64(n))
	if at+4 > t.files {
		return 0, fmt.Errorf("file %d of the unit at %d is outside the table", n, unit)
	}
	var word [4]byte
	if err := readFull(t.r, word[:], at); err != nil {
		return 0, fmt.Errorf("file %d of the unit at %d: %w", n, unit, err)
	}
	offset := binary.LittleEndian.Uint32(word[:])
	if offset == noPosition {
		return 0, fmt.Errorf("file %d of the unit at %d was dropped", n, unit)
	}
	return uint64(offset), nil
}
