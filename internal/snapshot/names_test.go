package snapshot

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func namesOf(from, to int) Names {
	var names Names
	for i := from; i < to; i++ {
		names.Add(Name{Scope: "s", Name: fmt.Sprint(i), Read: 1, Spans: 8, Attributes: 16, LocalRoots: 8})
		names.Squares += 64
	}
	return names
}

func TestNamesAreBounded(t *testing.T) {
	const extra = 23
	over := Name{Read: extra, Spans: 8 * extra, Attributes: 16 * extra, LocalRoots: 8 * extra}
	for name, names := range map[string]Names{
		"in one interval": namesOf(0, MaxNames+extra),
		"in two":          namesOf(0, 600).Merge(namesOf(600, MaxNames+extra)),
	} {
		t.Run(name, func(t *testing.T) {
			if len(names.List) != MaxNames {
				t.Errorf("%d names are kept", len(names.List))
			}
			if diff := cmp.Diff(over, names.Overflow); diff != "" {
				t.Errorf("beyond them (-want +got):\n%s", diff)
			}
			if total := names.Total(); total.Read != MaxNames+extra || total.Spans != 8*(MaxNames+extra) {
				t.Errorf("they add up to %+v", total)
			}
		})
	}
}

func TestMergeNames(t *testing.T) {
	a, b := namesOf(0, 3), namesOf(2, 4)
	a.Unread, b.Unread = 1, 2
	merged := a.Merge(b)
	if len(merged.List) != 4 || merged.List[2].Spans != 16 || merged.Squares != 5*64 || merged.Unread != 3 {
		t.Errorf("got %+v", merged)
	}
	if diff := cmp.Diff(namesOf(0, 3).List, a.List); diff != "" {
		t.Errorf("it modified its operand (-before +after):\n%s", diff)
	}
}
