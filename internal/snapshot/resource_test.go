package snapshot

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFitting(t *testing.T) {
	large := MaxResourceBytes / 2
	many := []Size{}
	for i := range 2 * MaxAttributes {
		many = append(many, Size{fmt.Sprint(i), 10})
	}
	many = append(many, Size{"service.name", 100})
	for _, test := range []struct {
		name    string
		sizes   []Size
		kept    []int
		dropped int
	}{
		{"nothing", nil, nil, 0},
		{"all", []Size{{"a", large}, {"b", large}}, []int{0, 1}, 0},
		{"too large in sum", []Size{{"a", large + 1}, {"b", 20}, {"c", large}}, []int{1, 2}, 1},
		{"what names the service comes first", []Size{{"a", 20}, {"service.name", MaxResourceBytes}}, []int{1}, 1},
		{"too large by itself", []Size{{"a", MaxResourceBytes + 1}}, nil, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			kept, dropped := Fitting(test.sizes)
			var got []int
			for i, is := range kept {
				if is {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, test.kept) || dropped != test.dropped {
				t.Errorf("kept %v and dropped %d, want %v and %d", got, dropped, test.kept, test.dropped)
			}
		})
	}
	if kept, dropped := Fitting(many); !kept[len(many)-1] || dropped != MaxAttributes+1 {
		t.Errorf("of many, %d are dropped, and service.name is kept: %t", dropped, kept[len(many)-1])
	}
}

func TestNewResource(t *testing.T) {
	attribute := func(key string, values ...string) Attribute {
		return Attribute{Key: key, Type: Strings, Values: values}
	}
	got := NewResource([]Attribute{
		attribute("z", "1"), attribute("a\xff", "x\x1b"), attribute("a\xfe", "y"),
		attribute("list", slices.Repeat([]string{""}, MaxValues+1)...), attribute("long", strings.Repeat("x", MaxValue+1)),
	})
	want := Resource{Attributes: []Attribute{
		attribute("a\ufffd", "y"), attribute("list", slices.Repeat([]string{""}, MaxValues)...),
		attribute("long", strings.Repeat("x", MaxValue-3)+"…"), attribute("z", "1"),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
