package accounting

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestValues has an attribute with a value of its own in each span, and one
// with three values; each span is looked at twice.
func TestValues(t *testing.T) {
	v := NewValues()
	look := func(from, spans uint64) {
		for n := from; n < from+spans; n++ {
			text := memory.Text{Span: 0xc000000000 + 512*n, Values: []memory.Value{{Key: "id", Hash: n}, {Key: "bounded", Hash: n % 3}}}
			v.Record(text)
			v.Record(text)
		}
	}
	look(1, 8)
	few := []snapshot.Values{{Key: "id", Read: 8, Distinct: 8, Once: 8}, {Key: "bounded", Read: 8, Distinct: 3, Twice: 1}}
	if diff := cmp.Diff(few, v.All()); diff != "" {
		t.Errorf("of eight (-want +got):\n%s", diff)
	}
	look(9, 300)
	many := []snapshot.Values{{Key: "id", Read: 256, Distinct: 256, Once: 256}, {Key: "bounded", Read: 256, Distinct: 3}}
	if diff := cmp.Diff(many, v.All()); diff != "" {
		t.Errorf("of more than are kept (-want +got):\n%s", diff)
	}
}

// TestValuesAreBounded has a key of its own in each span.
func TestValuesAreBounded(t *testing.T) {
	v := NewValues()
	for n := range uint64(10_000) {
		v.Record(memory.Text{Span: 512 * (n + 1), Values: []memory.Value{{Key: fmt.Sprint(n), Hash: n}}})
	}
	if got := len(v.All()); got != maxKeys {
		t.Errorf("%d keys, want %d", got, maxKeys)
	}
}

// TestFullIsKnown where spans have more attributes than are counted.
func TestFullIsKnown(t *testing.T) {
	v := NewValues()
	for i := range maxKeys {
		v.attribute(fmt.Sprint(i))
	}
	if v.attribute("0"); v.full {
		t.Error("full with as many attributes as there is room for")
	}
	if v.attribute("more"); !v.full || len(v.attributes) != maxKeys {
		t.Errorf("%d attributes, full %v", len(v.attributes), v.full)
	}
}
