package snapshot

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFailuresAreBounded adds more kinds of failures than are kept: none is lost.
func TestFailuresAreBounded(t *testing.T) {
	const kinds, times = 3 * MaxFailures, 2
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var list []Failure
	n := 0
	for range times {
		for kind := range kinds {
			at := start.Add(time.Duration(n) * time.Second)
			n++
			list = AddFailure(list, Failure{Alike: fmt.Sprint("kind ", kind), Text: fmt.Sprint("text ", n), Count: 1, First: at, Last: at})
		}
	}
	var counted uint64
	for _, f := range list {
		counted += f.Count
	}
	if len(list) != MaxFailures+1 || counted != kinds*times {
		t.Errorf("%d failures of %d kinds, want %d of %d", counted, len(list), kinds*times, MaxFailures+1)
	}
	first, last := list[0], list[len(list)-1]
	if first.Text != fmt.Sprint("text ", kinds+1) || first.First != start || first.Last != start.Add(kinds*time.Second) {
		t.Errorf("the first is %+v, want the latest text and both moments", first)
	}
	if last.Text != "" || last.Unread == "" || last.Count != (kinds-MaxFailures)*times {
		t.Errorf("the rest is %+v", last)
	}
	if diff := cmp.Diff(mergeFailures(list, list), mergeFailures(list, append([]Failure{}, list...))); diff != "" {
		t.Error(diff)
	}
	if merged := mergeFailures(list, list); len(merged) != len(list) || merged[0].Count != 2*first.Count || list[0].Count != first.Count {
		t.Errorf("merged: %+v, and the list has become %+v", merged[0], list[0])
	}
}
