package gobinary

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A _func record of the function table, all 32-bit words but the last four
// bytes of the fixed part:
//
//	+0   entryoff, nameoff, args, deferreturn
//	+16  pcsp, pcfile, pcln     offsets in pctab
//	+28  npcdata
//	+32  cuOffset               index in cutab of the unit's first file
//	+36  startLine              go1.20 and later
//	     u8 funcID, u8 flag, u8 0, u8 nfuncdata
//	     npcdata × offset in pctab, nfuncdata × offset from moduledata.gofunc
//
// Source: runtime/runtime2.go (_func), runtime/symtab.go (pcdatastart,
// funcdata), internal/abi/symtab.go (the numbers).
const (
	pcdataInlTreeIndex = 2
	funcdataInlTree    = 3

	noPosition = ^uint32(0) // an offset that means none
	maxPcdata  = 16         // a record has 4 or fewer of them
	maxRecord  = 44 + 4*maxPcdata + 4*255
)

// funcLayout is what differs between Go releases in a function's record and its inline
// tree, in bytes.
type funcLayout struct {
	fixed      uint64 // of a record, up to what npcdata and nfuncdata count
	inlineSize uint64 // of an entry in an inline tree
	inlineName uint64 // in it, of the name's offset in funcnametab
	inlineAt   uint64 // in it, of parentPc
}

// layoutOf returns the layout for the magic of a function table. Go 1.20 added the first
// line to functions and removed the caller's line from the inline tree. Source:
// runtime/symtab.go (inlinedCall) of go1.18, runtime/symtabinl.go.
func layoutOf(magic uint32) funcLayout {
	if magic == pclntabMagic118 {
		return funcLayout{fixed: 40, inlineSize: 20, inlineName: 12, inlineAt: 16}
	}
	return funcLayout{fixed: 44, inlineSize: 16, inlineName: 4, inlineAt: 8}
}

// record is the part of a _func that is needed to find positions.
type record struct {
	pcfile, pcln uint32 // offsets in pctab
	unit         uint32 // index in cutab of the unit's first file
	inlineIndex  uint32 // offset in pctab, 0 for none
	inlineTree   uint32 // offset from moduledata.gofunc, or noPosition
}

func (t *pclntab) record(e entry) (record, error) {
	if e.record >= t.size {
		return record{}, fmt.Errorf("its record at %#x is outside the table", e.record)
	}
	data := make([]byte, min(maxRecord, t.size-e.record))
	if err := readFull(t.r, data, e.record); err != nil {
		return record{}, fmt.Errorf("its record: %w", err)
	}
	return parseRecord(data, t.layout)
}

// parseRecord parses a record; data may be longer than it.
func parseRecord(data []byte, layout funcLayout) (record, error) {
	le := binary.LittleEndian
	if uint64(len(data)) < layout.fixed {
		return record{}, errors.New("its record is cut short")
	}
	r := record{pcfile: le.Uint32(data[20:]), pcln: le.Uint32(data[24:]), unit: le.Uint32(data[32:]), inlineTree: noPosition}
	pcdata, funcdata := uint64(le.Uint32(data[28:])), uint64(data[layout.fixed-1])
	rest := data[layout.fixed:]
	if pcdata > maxPcdata || uint64(len(rest)) < 4*(pcdata+funcdata) {
		return record{}, fmt.Errorf("its record counts %d and %d tables", pcdata, funcdata)
	}
	if pcdata > pcdataInlTreeIndex {
		r.inlineIndex = le.Uint32(rest[4*pcdataInlTreeIndex:])
	}
	if funcdata > funcdataInlTree {
		r.inlineTree = le.Uint32(rest[4*(pcdata+funcdataInlTree):])
	}
	return r, nil
}
