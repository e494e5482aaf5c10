package analyzer

import (
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestAttributes(t *testing.T) {
	g := &gaps{}
	found := attributes([]snapshot.Values{
		{Key: "route", Read: 256, Distinct: 7},
		{Key: "rare", Read: minValues - 1, Distinct: 49, Once: 49},
		{Key: "id", Read: 256, Distinct: 250, Once: 244, Twice: 6},
		{Key: "shop", Read: 100, Distinct: 40, Once: 20, Twice: 10},
	}, g)
	for i, want := range []struct {
		key       string
		atLeast   float64
		unbounded bool
	}{{"id", 250 + 244*243/14.0, true}, {"shop", 40 + 20*19/22.0, false}, {"route", 7, false}} {
		if got := found[i]; got.Key != want.key || got.AtLeast != want.atLeast || got.unbounded() != want.unbounded {
			t.Errorf("%d: %+v, unbounded %v; want %+v", i, got, got.unbounded(), want)
		}
	}
	if len(found) != 3 || len(g.list()) != 0 {
		t.Errorf("%+v, missing %v", found, g.list())
	}
	if got, want := describeUnbounded(found), "id (250 in 256 spans)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if none := attributes(nil, g); len(none) != 0 || len(g.list()) != 1 {
		t.Errorf("%+v, missing %v", none, g.list())
	}
}
