package memory

import (
	"encoding/binary"
	"slices"
)

const (
	// drawnEntries is how many entries of a list are drawn, drawnGroups of how many groups of a
	// map.
	drawnEntries = 16
	drawnGroups  = 4
	// groupSlots is how many entries a group of a map has room for.
	groupSlots = 8
	// startedBytes is about how much is read of a span.
	startedBytes = 256
	// maxGroup bounds the bytes of a group: keys and elements of more than 128 bytes are behind
	// pointers.
	maxGroup = 4 << 10
)

// Layout of maps, in words. Source: internal/runtime/maps/map.go, table.go of go1.24 to go1.27,
// runtime/map.go of go1.21 to go1.23.
//
//	Map   0 used, 1 seed, 2 dirPtr, 3 dirLen
//	table 1 index, 2 groups.data, 3 groups.lengthMask
//	hmap  0 count, 1 flags, B uint8 in byte 9, 2 buckets
const (
	mapDirectory   = 2
	mapTables      = 3
	tableGroups    = 2
	tableMask      = 3
	bucketsLogByte = 9
	mapBuckets     = 2
	mapWords       = 4
)

// drawn draws some entries of a list, and returns how many of them are spans of which it is known
// whether they have ended, and how many are open.
func (s *search) drawn(l keptList) (read, open uint64) {
	elem := s.at(l.typ.elem)
	if elem == nil || l.Entries == 0 {
		return 0, 0
	}
	offset, span := s.spanIn(elem, 0)
	if span == nil {
		return 0, 0
	}
	var entries []uint64
	if l.typ.kind == kindMap {
		entries = s.entriesOf(l.words[0], s.at(l.typ.group))
	} else {
		for range drawnEntries {
			entries = append(entries, l.words[0]+s.draw(l.Entries)*elem.size)
		}
	}
	for i := range entries {
		entries[i] += offset
	}
	return s.ofSpans(entries, span)
}

// spanIn is where in a value a span is, and what refers to it: an interface, or a pointer to a
// recordingSpan; nil if nothing does.
func (s *search) spanIn(t *goType, nested int) (offset uint64, span *goType) {
	switch {
	case t.kind == kindInterface && spanTypes[t.name], s.isRecording(t):
		return 0, t
	case t.kind == kindStruct && nested < maxDepth:
		for _, f := range t.fields {
			typ := s.at(f.typ)
			if typ == nil {
				continue
			}
			if within, span := s.spanIn(typ, nested+1); span != nil {
				return f.offset + within, span
			}
		}
	}
	return 0, nil
}

func (s *search) isRecording(t *goType) bool {
	if t.kind != kindPointer {
		return false
	}
	elem := s.at(t.elem)
	return elem != nil && elem.name == recordingSpan
}

// ofSpans reads what refers to spans at some addresses, and the spans. What is no recordingSpan,
// as a snapshot, has ended.
func (s *search) ofSpans(addresses []uint64, span *goType) (read, open uint64) {
	var recording []uint64
	itabs := map[uint64]*goType{}
	for _, value := range s.each(addresses, int(span.size)) {
		if value == nil {
			continue
		}
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(value[8*i:]) }
		if span.kind == kindPointer {
			recording = append(recording, word(0))
			continue
		}
		t, known := itabs[word(0)]
		if !known {
			if typ, ok := s.word(word(0) + 8); ok {
				t = s.at(typ)
			}
			itabs[word(0)] = t
		}
		switch {
		case t == nil:
		case s.isRecording(t):
			recording = append(recording, word(1))
		default:
			read++
		}
	}
	if s.spans == nil || len(recording) == 0 {
		return read, 0
	}
	s.pay(len(recording) * startedBytes)
	spans, err := s.spans(recording)
	s.note(err)
	for _, span := range spans {
		if span.ID != 0 {
			read++
			if !span.Ended {
				open++
			}
		}
	}
	return read, open
}

// entriesOf draws the addresses of elements of a map.
func (s *search) entriesOf(address uint64, group *goType) (entries []uint64) {
	if group == nil || group.kind != kindStruct || group.size > maxGroup {
		return nil
	}
	for range drawnGroups {
		if at, ok := s.drawGroup(address, group); ok {
			entries = append(entries, s.entriesIn(at, group)...)
		}
	}
	return entries
}

// drawGroup draws a group of a map: a bucket, in go1.23 and earlier.
func (s *search) drawGroup(address uint64, group *goType) (uint64, bool) {
	var head, table [8 * mapWords]byte
	if !s.read(address, head[:]) {
		return 0, false
	}
	word := func(buf [8 * mapWords]byte, i int) uint64 { return binary.LittleEndian.Uint64(buf[8*i:]) }
	if _, _, ok := group.field("topbits"); ok {
		return word(head, mapBuckets) + s.draw(1<<(head[bucketsLogByte]&63))*group.size, true
	}
	directory, tables := word(head, mapDirectory), word(head, mapTables)
	if tables == 0 { // it is small: one group
		return directory, true
	}
	at, ok := s.word(directory + 8*s.draw(tables))
	if !ok || !s.read(at, table[:]) || word(table, tableMask) > maxKept {
		return 0, false
	}
	return word(table, tableGroups) + s.draw(word(table, tableMask)+1)*group.size, true
}

// entriesIn are the addresses of the elements in a group: those whose control byte, or that for
// the highest bits of their hash, says that they are there.
func (s *search) entriesIn(at uint64, group *goType) (entries []uint64) {
	const emptyOrDeleted, leastHash = 1 << 7, 5
	var control [groupSlots]byte
	if !s.read(at, control[:]) {
		return nil
	}
	if _, _, ok := group.field("topbits"); ok {
		first, elems, ok := group.field("elems")
		array := s.at(elems)
		if !ok || array == nil || array.length != groupSlots {
			return nil
		}
		for i, hash := range control {
			if hash >= leastHash {
				entries = append(entries, at+first+uint64(i)*(array.size/groupSlots))
			}
		}
		return entries
	}
	first, slots, ok := group.field("slots")
	array := s.at(slots)
	if !ok || array == nil || array.length != groupSlots {
		return nil
	}
	slot := s.at(array.elem)
	if slot == nil {
		return nil
	}
	within, _, ok := slot.field("elem")
	for i, c := range control {
		if ok && c&emptyOrDeleted == 0 {
			entries = append(entries, at+first+uint64(i)*slot.size+within)
		}
	}
	return entries
}

// field is the offset and type of a struct's field.
func (t *goType) field(name string) (offset, typ uint64, ok bool) {
	i := slices.IndexFunc(t.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return 0, 0, false
	}
	return t.fields[i].offset, t.fields[i].typ, true
}
