package memory

import "github.com/otwatch/otwatch/internal/snapshot"

// Layout of what a ReadOnlySpan of the SDK's own leads to; the same in v1.0 to
// v1.47. Source: sdk/trace/snapshot.go, attribute/kv.go, attribute/value.go, read
// back from DWARF.
//
//	snapshot   +200 attributes []attribute.KeyValue
//	KeyValue   in words: 0 key (pointer, length), 2 type, 3 number,
//	           4 string (pointer, length), 6 slice (type, data)
const (
	snapshotAttributes = 200
	keyValueWords      = 8
	keyLength          = 1
	valueType          = 2
	valueNumber        = 3
	stringPointer      = 4
	stringLength       = 5
	// maxTextAttributes bounds what is read of one span: the SDK's default limit.
	maxTextAttributes = 128
	// maxText is more than the length of any string: a greater number is not a length.
	maxText = 1 << 30
)

// Text is the length of the string values of a span's attributes, in bytes: in full, and
// with each string cut at snapshot.TextLimit. Values has hashes to compare values by.
// Span is the span's address.
type Text struct {
	Span       uint64
	Bytes, Cut uint64
	Values     []Value
}

// Text reads the attributes of one span in the processor's batch; pick chooses one of n.
// ok is false if there is no span of the SDK's own type, or the batch was exported
// meanwhile.
func (i Image) Text(r Reader, pick func(n uint64) uint64, isSnapshot func(itab uint64) bool) (text Text, ok bool) {
	batch, ok := i.batchSlice(i.Settings().MaxExportBatchSize)
	if !ok || batch[1] == 0 {
		return Text{}, false
	}
	slot := batch[0] + 16*pick(batch[1])
	var span, again [2]uint64 // itab, data
	if r.words(slot, span[:]) != nil || span[1] == 0 || !isSnapshot(span[0]) {
		return Text{}, false
	}
	text, ok = textOf(r, span[1])
	// The span is not freed while the slot has it.
	if !ok || r.words(slot, again[:]) != nil || again != span {
		return Text{}, false
	}
	return text, true
}

// textOf reads a snapshot's attributes.
func textOf(r Reader, span uint64) (text Text, ok bool) {
	var slice [3]uint64
	if r.words(span+snapshotAttributes, slice[:]) != nil || slice[1] > maxTextAttributes || slice[1] > slice[2] {
		return Text{}, false
	}
	text.Span = span
	if slice[1] == 0 {
		return text, true
	}
	attributes := make([]uint64, keyValueWords*slice[1])
	if r.words(slice[0], attributes) != nil {
		return Text{}, false
	}
	for at := stringLength; at < len(attributes); at += keyValueWords {
		length := attributes[at]
		if length > maxText {
			return Text{}, false
		}
		text.Bytes += length
		text.Cut += min(length, snapshot.TextLimit)
	}
	text.Values = valuesOf(r, attributes)
	return text, true
}
