package accounting

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxKeys bounds the attributes whose values are counted. The values of each are
	// counted in batches of valuesOfKey.
	maxKeys     = 64
	valuesOfKey = 256
	// remembered is about how many spans are remembered, so that a span that waits in a
	// queue is not counted twice.
	remembered = 256
)

// Values counts how many different values the attributes of one target's spans have. It
// keeps hashes only.
type Values struct {
	attributes []*attribute // in order of appearance
	byKey      map[string]*attribute
	full       bool               // there was no room for an attribute, at some time
	last       [remembered]uint64 // addresses of spans
}

// attribute counts the values of one attribute.
type attribute struct {
	key   string
	spans map[uint64]uint64 // by the value's hash, in the batch under way
	read  uint64
	batch snapshot.Values // the last whole batch
}

// NewValues returns Values without any.
func NewValues() *Values { return &Values{byKey: map[string]*attribute{}} }

// Record counts the attributes of a span, once.
func (v *Values) Record(text memory.Text) {
	last := &v.last[text.Span/64%remembered]
	if *last == text.Span {
		return
	}
	*last = text.Span
	for _, value := range text.Values {
		if a := v.attribute(value.Key); a != nil {
			a.add(value.Hash)
		}
	}
}

// attribute finds an attribute, or adds it; nil if there is no room.
func (v *Values) attribute(key string) *attribute {
	a := v.byKey[key]
	switch {
	case a != nil:
	case len(v.attributes) == maxKeys:
		v.full = true
	default:
		a = &attribute{key: key, spans: map[uint64]uint64{}}
		v.attributes, v.byKey[key] = append(v.attributes, a), a
	}
	return a
}

func (a *attribute) add(hash uint64) {
	a.spans[hash]++
	if a.read++; a.read == valuesOfKey {
		a.batch = a.sum()
		a.read = 0
		clear(a.spans)
	}
}

func (a *attribute) sum() snapshot.Values {
	sum := snapshot.Values{Key: a.key, Read: a.read, Distinct: uint64(len(a.spans))}
	for _, spans := range a.spans {
		switch spans {
		case 1:
			sum.Once++
		case 2:
			sum.Twice++
		}
	}
	return sum
}

// All returns the values of every attribute: of the last whole batch or, before there is
// one, of what was counted.
func (v *Values) All() []snapshot.Values {
	all := make([]snapshot.Values, len(v.attributes))
	for i, a := range v.attributes {
		if all[i] = a.batch; a.batch.Read == 0 {
			all[i] = a.sum()
		}
	}
	return all
}

// Missing lists what is not counted, and why.
func (v *Values) Missing() []snapshot.Missing {
	if !v.full {
		return nil
	}
	return []snapshot.Missing{{What: "attributes.others", Why: fmt.Sprintf(
		"the program's spans have more than %d different attributes; only the values of the first %d are counted", maxKeys, maxKeys)}}
}
