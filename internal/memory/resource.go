package memory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Layout of go.opentelemetry.io/otel/sdk/resource.Resource in words: attrs, an
// attribute.Set, and schemaURL string behind it. The Set is the interface of a
// sorted array [n]attribute.KeyValue, with a hash before it since v1.39. A
// KeyValue is {Key string; Value {vtype, numeric, stringly string, slice any}}.
// Source: sdk/resource/resource.go, attribute/set.go, attribute/value.go, read
// back from DWARF for v1.0 to v1.47.
const (
	resourceWords = 5

	keyWord      = 0
	typeWord     = 2
	numericWord  = 3
	stringlyWord = 4
	sliceWord    = 6

	stringType  = 4 // of attribute.Type
	stringsType = 8
	maxType     = 31 // it has some dozen
	stringWords = 2
)

// Layout of internal/abi.Type, the same in go1.18 to go1.27: Size_ first,
// Kind_ in byte 23.
const (
	abiKindByte  = 23
	abiKindMask  = 1<<5 - 1
	abiKindArray = 17
)

// maxLooked bounds the attributes of one Resource that are considered: of the first so
// many, those are kept that fit into its limits.
const maxLooked = 4 * snapshot.MaxAttributes

// ErrNotResource means that what was read is not a Resource with a known layout.
var ErrNotResource = errors.New("not a Resource as otwatch knows it")

// ReadResource reads the SDK's Resource at an address, within the limits of
// snapshot.NewResource: what these exclude is not read. It omits command lines, since
// arguments may be secrets, and attributes of types that are rare in a Resource: lists of
// anything but strings, bytes and maps.
func ReadResource(r Reader, address uint64) (snapshot.Resource, error) {
	words := make([]uint64, resourceWords)
	if err := r.words(address, words); err != nil {
		return snapshot.Resource{}, err
	}
	if !slices.ContainsFunc(words, func(w uint64) bool { return w != 0 }) {
		return snapshot.Resource{}, nil // an empty Resource
	}
	for _, set := range []int{1, 0} { // where the array's interface is
		resource, err := readSet(r, words[set], words[set+1])
		if errors.Is(err, ErrNotResource) {
			continue
		}
		if err != nil {
			return snapshot.Resource{}, err
		}
		resource.SchemaURL, err = readString(r, words[set+2:], snapshot.MaxValue)
		return resource, err
	}
	return snapshot.Resource{}, fmt.Errorf("%w: at %#x there is no set of attributes", ErrNotResource, address)
}

// readSet reads the array of KeyValues in an interface.
func readSet(r Reader, typ, array uint64) (snapshot.Resource, error) {
	words, more, err := readArray(r, typ, array, keyValueWords, maxLooked)
	if err != nil {
		return snapshot.Resource{}, ErrNotResource
	}
	known, err := keyValues(r, words)
	if err != nil {
		return snapshot.Resource{}, err
	}
	sizes := make([]snapshot.Size, len(known))
	for i, kv := range known {
		sizes[i] = snapshot.Size{Key: kv.key, Bytes: kv.size()}
	}
	kept, left := snapshot.Fitting(sizes)
	var attributes []snapshot.Attribute
	for i, kv := range known {
		if !kept[i] {
			continue
		}
		a, err := kv.read(r)
		if err != nil {
			return snapshot.Resource{}, err
		}
		attributes = append(attributes, a)
	}
	resource := snapshot.NewResource(attributes)
	resource.Dropped += left + int(more)
	return resource, nil
}

// keyValue is a KeyValue whose key has been read.
type keyValue struct {
	key   string
	words []uint64
	texts []uint64 // of the strings in a list, as they are in memory
}

// keyValues reads the keys of KeyValues of known types. They must be in ascending order,
// as in every Set; otherwise this is none.
func keyValues(r Reader, words []uint64) ([]keyValue, error) {
	var known []keyValue
	last := ""
	for kv := range slices.Chunk(words, keyValueWords) {
		key, err := readBytes(r, kv[keyWord:], snapshot.MaxKey+1)
		// Two successive keys that are cut off may look the same.
		if err != nil || key < last || key == last && len(key) <= snapshot.MaxKey || kv[typeWord] > maxType {
			return nil, ErrNotResource
		}
		last = key
		if !isRead(kv[typeWord]) || isCommandLine(key) {
			continue
		}
		next := keyValue{key: key, words: kv}
		if kv[typeWord] == stringsType {
			if next.texts, _, err = readArray(r, kv[sliceWord], kv[sliceWord+1], stringWords, snapshot.MaxValues); err != nil {
				return nil, err
			}
		}
		known = append(known, next)
	}
	return known, nil
}

// isCommandLine reports whether an attribute holds arguments: process.command,
// process.command_args and process.command_line of the semantic conventions.
func isCommandLine(key string) bool { return strings.HasPrefix(key, "process.command") }

// isRead reports whether values of a type are read. Types are numbered as attribute.Type:
// 1 to 4 are single values.
func isRead(typ uint64) bool { return typ >= 1 && typ <= stringType || typ == stringsType }

// size is how many bytes read reads at most, at least the size of a number.
func (kv keyValue) size() int {
	const number = 8
	size := len(kv.key) + number
	if kv.words[typeWord] == stringType {
		size += int(min(kv.words[stringlyWord+1], snapshot.MaxValue))
	}
	for text := range slices.Chunk(kv.texts, stringWords) {
		size += int(min(text[1], snapshot.MaxValue))
	}
	return size
}

// read reads the value.
func (kv keyValue) read(r Reader) (snapshot.Attribute, error) {
	single := func(typ snapshot.AttributeType, value string) snapshot.Attribute {
		return snapshot.Attribute{Key: kv.key, Type: typ, Values: []string{value}}
	}
	switch numeric := kv.words[numericWord]; kv.words[typeWord] {
	case 1:
		return single(snapshot.Bool, strconv.FormatBool(numeric != 0)), nil
	case 2:
		return single(snapshot.Int, strconv.FormatInt(int64(numeric), 10)), nil
	case 3:
		return single(snapshot.Float, strconv.FormatFloat(math.Float64frombits(numeric), 'g', -1, 64)), nil
	case stringType:
		value, err := readString(r, kv.words[stringlyWord:], snapshot.MaxValue)
		return single(snapshot.String, value), err
	}
	list := snapshot.Attribute{Key: kv.key, Type: snapshot.Strings}
	for text := range slices.Chunk(kv.texts, stringWords) {
		value, err := readString(r, text, snapshot.MaxValue)
		if err != nil {
			return snapshot.Attribute{}, err
		}
		list.Values = append(list.Values, value)
	}
	return list, nil
}

// readArray reads the words of up to limit elements of an array in an interface, and
// returns how many more there are. The error is ErrNotResource for anything but an array
// of elements of that size.
func readArray(r Reader, typ, array uint64, elementWords, limit int) (words []uint64, more uint64, err error) {
	size, err := arraySize(r, typ)
	if err != nil {
		return nil, 0, err
	}
	element := uint64(8 * elementWords)
	if size%element != 0 {
		return nil, 0, ErrNotResource
	}
	n := min(size/element, uint64(limit))
	if n == 0 {
		return nil, 0, nil
	}
	words = make([]uint64, int(n)*elementWords)
	return words, size/element - n, r.words(array, words)
}

// arraySize is the size in bytes of an array type. The error is ErrNotResource for any
// other type.
func arraySize(r Reader, typ uint64) (uint64, error) {
	var header [abiKindByte + 1]byte
	if typ == 0 || r.Read(typ, header[:]) != nil || header[abiKindByte]&abiKindMask != abiKindArray {
		return 0, ErrNotResource
	}
	return binary.LittleEndian.Uint64(header[:]), nil
}

// readString reads a string, given by pointer and length, as a Text.
func readString(r Reader, at []uint64, limit int) (string, error) {
	text, err := readBytes(r, at, limit+1)
	return untrusted.Text(text, limit), err
}

// readBytes reads up to limit bytes of a string, given by pointer and length.
func readBytes(r Reader, at []uint64, limit int) (string, error) {
	if at[1] == 0 {
		return "", nil
	}
	text := make([]byte, min(at[1], uint64(limit)))
	if err := r.Read(at[0], text); err != nil {
		return "", err
	}
	return string(text), nil
}
