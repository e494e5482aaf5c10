package memory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/otwatch/otwatch/internal/snapshot"
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
)

// Layout of internal/abi.Type, the same in go1.18 to go1.27: Size_ first,
// Kind_ in byte 23.
const (
	abiKindByte  = 23
	abiKindMask  = 1<<5 - 1
	abiKindArray = 17
)

const (
	maxElements       = 128
	maxType           = 31 // of attribute.Type, which has some dozen
	maxAttributeKey   = 255
	maxAttributeValue = 4 << 10 // longer ones are cut off
	stringBytes       = 16
)

// ErrNotResource says that what was read is no Resource of a known layout.
var ErrNotResource = errors.New("not a Resource as otwatch knows it")

// ReadResource reads the SDK's Resource at an address. It leaves out what a
// command line was, since arguments hold secrets, and attributes of types that
// a Resource hardly has: lists of other than strings, bytes and maps.
func ReadResource(r Reader, address uint64) (snapshot.Resource, error) {
	words := make([]uint64, resourceWords)
	if err := r.words(address, words); err != nil {
		return snapshot.Resource{}, err
	}
	if !slices.ContainsFunc(words, func(w uint64) bool { return w != 0 }) {
		return snapshot.Resource{}, nil // an empty one
	}
	for _, set := range []int{1, 0} { // where the array's interface is
		attributes, err := readAttributes(r, words[set], words[set+1])
		if errors.Is(err, ErrNotResource) {
			continue
		}
		if err != nil {
			return snapshot.Resource{}, err
		}
		schemaURL, err := readString(r, words[set+2], words[set+3], maxAttributeValue)
		return snapshot.Resource{Attributes: attributes, SchemaURL: schemaURL}, err
	}
	return snapshot.Resource{}, fmt.Errorf("%w: at %#x there is no set of attributes", ErrNotResource, address)
}

// readAttributes reads the array of KeyValues in an interface. What a Set keeps
// true is the proof that it is one: keys are texts in ascending order.
func readAttributes(r Reader, typ, array uint64) ([]snapshot.Attribute, error) {
	size, err := arraySize(r, typ)
	if err != nil {
		return nil, err
	}
	n := size / (8 * keyValueWords)
	if size%(8*keyValueWords) != 0 || n > maxElements {
		return nil, ErrNotResource
	}
	if n == 0 {
		return nil, nil
	}
	words := make([]uint64, n*keyValueWords)
	if err := r.words(array, words); err != nil {
		return nil, ErrNotResource
	}
	var attributes []snapshot.Attribute
	last := ""
	for kv := range slices.Chunk(words, keyValueWords) {
		key, err := readString(r, kv[keyWord], kv[keyWord+1], maxAttributeKey)
		if err != nil || key <= last || strings.ContainsRune(key, utf8.RuneError) || kv[typeWord] > maxType {
			return nil, ErrNotResource
		}
		last = key
		if isCommandLine(key) {
			continue
		}
		value, known, err := readValue(r, kv)
		if err != nil {
			return nil, err
		}
		if known {
			value.Key = key
			attributes = append(attributes, value)
		}
	}
	return attributes, nil
}

// isCommandLine reports whether an attribute holds arguments: process.command,
// process.command_args and process.command_line of the semantic conventions.
func isCommandLine(key string) bool { return strings.HasPrefix(key, "process.command") }

// readValue reads the value of a KeyValue; known is false for a type that is left
// out. The numbers of the types are attribute.Type's.
func readValue(r Reader, kv []uint64) (a snapshot.Attribute, known bool, err error) {
	switch numeric := kv[numericWord]; kv[typeWord] {
	case 1:
		return snapshot.Attribute{Type: snapshot.Bool, Values: []string{strconv.FormatBool(numeric != 0)}}, true, nil
	case 2:
		return snapshot.Attribute{Type: snapshot.Int, Values: []string{strconv.FormatInt(int64(numeric), 10)}}, true, nil
	case 3:
		value := strconv.FormatFloat(math.Float64frombits(numeric), 'g', -1, 64)
		return snapshot.Attribute{Type: snapshot.Float, Values: []string{value}}, true, nil
	case 4:
		value, err := readString(r, kv[stringlyWord], kv[stringlyWord+1], maxAttributeValue)
		return snapshot.Attribute{Type: snapshot.String, Values: []string{value}}, true, err
	case 8:
		values, err := readStrings(r, kv[sliceWord], kv[sliceWord+1])
		return snapshot.Attribute{Type: snapshot.Strings, Values: values}, true, err
	}
	return snapshot.Attribute{}, false, nil
}

// readStrings reads an array of strings in an interface.
func readStrings(r Reader, typ, array uint64) ([]string, error) {
	size, err := arraySize(r, typ)
	if err != nil {
		return nil, err
	}
	n := size / stringBytes
	if size%stringBytes != 0 || n > maxElements {
		return nil, ErrNotResource
	}
	if n == 0 {
		return nil, nil
	}
	words := make([]uint64, 2*n)
	if err := r.words(array, words); err != nil {
		return nil, err
	}
	var texts []string
	for text := range slices.Chunk(words, 2) {
		s, err := readString(r, text[0], text[1], maxAttributeValue)
		if err != nil {
			return nil, err
		}
		texts = append(texts, s)
	}
	return texts, nil
}

// arraySize is the size in bytes of an array type; any other is ErrNotResource.
func arraySize(r Reader, typ uint64) (uint64, error) {
	var header [abiKindByte + 1]byte
	if typ == 0 || r.Read(typ, header[:]) != nil || header[abiKindByte]&abiKindMask != abiKindArray {
		return 0, ErrNotResource
	}
	return binary.LittleEndian.Uint64(header[:]), nil
}

// readString reads a string of the process, up to limit bytes of it.
func readString(r Reader, data, length uint64, limit int) (string, error) {
	if length == 0 {
		return "", nil
	}
	text := make([]byte, min(length, uint64(limit)))
	if err := r.Read(data, text); err != nil {
		return "", err
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), nil
}
