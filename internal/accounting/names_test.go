package accounting

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestNames(t *testing.T) {
	const ours, foreign = 1, 2
	asked := 0
	names := NewNames(func(itab uint64) bool { asked++; return itab == ours })
	names.Record([]probes.Span{
		{Itab: ours, Name: "GET", Scope: "http", Attributes: 11, LocalRoot: true, StandsFor: 4},
		{Itab: foreign, Name: "garbage", StandsFor: 4},
		{Itab: ours, Name: "price", Scope: "checkout", Attributes: 3, StandsFor: 4},
		{Itab: foreign, Name: "garbage", StandsFor: 4},
	})
	names.Record([]probes.Span{{Itab: ours, Name: "GET", Scope: "http", Attributes: 12, LocalRoot: true, StandsFor: 1}})
	want := snapshot.Names{
		List: []snapshot.Name{
			{Scope: "http", Name: "GET", Read: 2, Spans: 5, Attributes: 4*11 + 12, LocalRoots: 5},
			{Scope: "checkout", Name: "price", Read: 1, Spans: 4, Attributes: 12},
		},
		Squares: 16 + 16 + 1, Unread: 2 + 7,
	}
	if diff := cmp.Diff(want, names.Take(7)); diff != "" {
		t.Errorf("first interval (-want +got):\n%s", diff)
	}
	if asked != 2 {
		t.Errorf("two types were looked at %d times", asked)
	}
	if diff := cmp.Diff(snapshot.Names{Unread: 1}, names.Take(1)); diff != "" {
		t.Errorf("second interval (-want +got):\n%s", diff)
	}
}

// TestItabsAreForgotten where a program makes them without end.
func TestItabsAreForgotten(t *testing.T) {
	names := NewNames(func(uint64) bool { return false })
	for itab := range uint64(10 * maxItabs) {
		names.Record([]probes.Span{{Itab: itab}})
	}
	if len(names.known) > maxItabs || names.Take(0).Unread != 10*maxItabs {
		t.Errorf("%d types are known, want %d at the most", len(names.known), maxItabs)
	}
}
