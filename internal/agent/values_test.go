package agent

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestValueBook has an attribute with a value of its own in each span, and one
// with three values; each span is looked at twice.
func TestValueBook(t *testing.T) {
	b := newValueBook()
	look := func(from, spans uint64) {
		for n := from; n < from+spans; n++ {
			text := memory.Text{Span: 0xc000000000 + 512*n, Values: []memory.Value{{Key: "id", Hash: n}, {Key: "bounded", Hash: n % 3}}}
			b.enter(text)
			b.enter(text)
		}
	}
	look(1, 8)
	few := []snapshot.Values{{Key: "id", Read: 8, Distinct: 8, Once: 8}, {Key: "bounded", Read: 8, Distinct: 3, Twice: 1}}
	if diff := cmp.Diff(few, b.close()); diff != "" {
		t.Errorf("of eight (-want +got):\n%s", diff)
	}
	look(9, 300)
	many := []snapshot.Values{{Key: "id", Read: 256, Distinct: 256, Once: 256}, {Key: "bounded", Read: 256, Distinct: 3}}
	if diff := cmp.Diff(many, b.close()); diff != "" {
		t.Errorf("of more than are kept (-want +got):\n%s", diff)
	}
}

// TestValueBookIsBounded has a key of its own in each span.
func TestValueBookIsBounded(t *testing.T) {
	b := newValueBook()
	for n := range uint64(10_000) {
		b.enter(memory.Text{Span: 512 * (n + 1), Values: []memory.Value{{Key: fmt.Sprint(n), Hash: n}}})
	}
	if got := len(b.close()); got != maxKeys {
		t.Errorf("%d keys, want %d", got, maxKeys)
	}
}

// TestFullIsKnown where spans have more attributes than there are pages.
func TestFullIsKnown(t *testing.T) {
	b := newValueBook()
	for i := range maxKeys {
		b.page(fmt.Sprint(i))
	}
	if b.page("0"); b.full {
		t.Error("full with as many attributes as there are pages")
	}
	if b.page("more"); !b.full || len(b.keys) != maxKeys {
		t.Errorf("%d pages, full %v", len(b.keys), b.full)
	}
}
