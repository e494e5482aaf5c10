package snapshot

import (
	"cmp"
	"slices"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Limits of a Resource: the number of attributes, the bytes of all keys and values, of one
// key and of one value, and the number of values in a list.
const (
	MaxAttributes    = 128
	MaxResourceBytes = 64 << 10
	MaxKey           = untrusted.MaxName
	MaxValue         = untrusted.MaxText
	MaxValues        = 128
)

// Resource is the OpenTelemetry Resource of the first TracerProvider seen in a target, without
// command lines.
type Resource struct {
	Attributes []Attribute // by ascending key
	SchemaURL  string
	Dropped    int // attributes beyond the limits
}

// NewResource makes a Resource: of two attributes with one key the last, with texts that every
// protocol accepts, and within the limits.
func NewResource(attributes []Attribute) Resource {
	var r Resource
	last := map[string]int{}
	for _, a := range attributes {
		a.Key = untrusted.Text(a.Key, MaxKey)
		if at, twice := last[a.Key]; twice {
			r.Attributes[at] = a
			continue
		}
		last[a.Key] = len(r.Attributes)
		r.Attributes = append(r.Attributes, a)
	}
	sizes := make([]Size, len(r.Attributes))
	for i := range r.Attributes {
		a := &r.Attributes[i]
		sizes[i] = Size{a.Key, a.limit()}
	}
	kept, dropped := Fitting(sizes)
	all := r.Attributes
	r.Attributes, r.Dropped = nil, dropped
	for i, a := range all {
		if kept[i] {
			r.Attributes = append(r.Attributes, a)
		}
	}
	slices.SortFunc(r.Attributes, func(a, b Attribute) int { return cmp.Compare(a.Key, b.Key) })
	return r
}

// Size is the bytes of an attribute's key and values.
type Size struct {
	Key   string
	Bytes int
}

// Fitting chooses the attributes within the limits: first those that name the service, then
// the smallest. It returns which are kept, and how many are not.
func Fitting(sizes []Size) (kept []bool, dropped int) {
	order := make([]int, len(sizes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(naming(sizes[a].Key)-naming(sizes[b].Key), cmp.Compare(sizes[a].Bytes, sizes[b].Bytes))
	})
	kept = make([]bool, len(sizes))
	room := MaxResourceBytes
	for n, i := range order {
		if n == MaxAttributes || sizes[i].Bytes > room {
			return kept, len(sizes) - n
		}
		room -= sizes[i].Bytes
		kept[i] = true
	}
	return kept, 0
}

// naming is 0 for attributes that name a service, and 1 for others.
func naming(key string) int {
	switch key {
	case "service.name", "service.namespace", "service.instance.id", "service.version":
		return 0
	}
	return 1
}

// Get returns the value of a string attribute; "" if there is none.
func (r Resource) Get(key string) string {
	for _, a := range r.Attributes {
		if a.Key == key && a.Type == String && len(a.Values) == 1 {
			return a.Values[0]
		}
	}
	return ""
}

// AttributeType is the type of an Attribute's values.
type AttributeType string

// The types that a Resource's attributes have.
const (
	String  AttributeType = "string"
	Strings AttributeType = "strings"
	Bool    AttributeType = "bool"
	Int     AttributeType = "int"
	Float   AttributeType = "float"
)

// Attribute is one of a Resource, with one value, or any number of Strings, as written by
// package strconv.
type Attribute struct {
	Key    string
	Type   AttributeType
	Values []string
}

// limit truncates the values, and returns the bytes of all.
func (a *Attribute) limit() int {
	size := len(a.Key)
	a.Values = slices.Clone(a.Values[:min(len(a.Values), MaxValues)])
	for i, value := range a.Values {
		a.Values[i] = untrusted.Text(value, MaxValue)
		size += len(a.Values[i])
	}
	return size
}
