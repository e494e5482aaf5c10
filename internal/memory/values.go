package memory

import (
	"hash/maphash"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Types of attribute.Value. Source: attribute/value.go, v1.0 to v1.47.
const (
	boolValue   = 1
	stringValue = 4 // numbers lie between; slices above, which are not looked at
)

// comparedBytes is how much of keys and strings is read: longer values that only differ
// later count as one if they have the same length.
const comparedBytes = 64

// Value is one attribute of a span: its key, up to comparedBytes, and a hash of its
// value. Equal values have the same hash while otwatch runs, and the hash does not reveal
// the value.
type Value struct {
	Key  string
	Hash uint64
}

var valueSeed = maphash.MakeSeed()

// valuesOf reads keys and values of attributes, given as the words of KeyValues. It omits
// those that cannot be read.
func valuesOf(r Reader, attributes []uint64) []Value {
	var addresses []uint64
	for at := 0; at < len(attributes); at += keyValueWords {
		key, text := attributes[at], attributes[at+stringPointer]
		if text == 0 {
			text = key // there is none: anything that can be read
		}
		addresses = append(addresses, key, text)
	}
	buf := make([]byte, len(addresses)*comparedBytes)
	read, err := r.ReadEach(addresses, comparedBytes, buf)
	if err != nil {
		return nil
	}
	var values []Value
	for i := range len(attributes) / keyValueWords {
		words := attributes[i*keyValueWords:][:keyValueWords]
		key, text := buf[2*i*comparedBytes:][:comparedBytes], buf[(2*i+1)*comparedBytes:][:comparedBytes]
		kind, length := words[valueType], words[stringLength]
		if kind < boolValue || kind > stringValue || !read[2*i] || !read[2*i+1] {
			continue
		}
		if kind != stringValue {
			length = 0
		}
		values = append(values, Value{
			Key:  untrusted.Text(string(key[:min(words[keyLength], comparedBytes)]), comparedBytes),
			Hash: hashOf(kind, words[valueNumber], length, text[:min(length, comparedBytes)]),
		})
	}
	return values
}

func hashOf(kind, number, length uint64, text []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(valueSeed)
	maphash.WriteComparable(&h, [3]uint64{kind, number, length})
	_, _ = h.Write(text)
	return h.Sum64()
}
