package analyzer

import (
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestAttributes(t *testing.T) {
	g := &report.Gaps{}
	found := attributes([]snapshot.Values{
		{Key: "route", Read: 256, Distinct: 7},
		{Key: "rare", Read: minValues - 1, Distinct: 49, Once: 49},
		{Key: "id", Read: 256, Distinct: 250, Once: 244, Twice: 6},
		{Key: "shop", Read: 100, Distinct: 40, Once: 20, Twice: 10},
	}, g)
	for i, want := range []struct {
		key     string
		atLeast float64
	}{{"id", 250 + 244*243/14.0}, {"shop", 40 + 20*19/22.0}, {"route", 7}} {
		if got := found[i]; got.Key != want.key || got.AtLeast != want.atLeast {
			t.Errorf("%d: %+v, want %+v", i, got, want)
		}
	}
	if len(found) != 3 || len(g.Sorted()) != 0 {
		t.Errorf("%+v, missing %v", found, g.Sorted())
	}
	if none := attributes(nil, g); len(none) != 0 || len(g.Sorted()) != 1 {
		t.Errorf("%+v, missing %v", none, g.Sorted())
	}
}
