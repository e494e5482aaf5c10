package probes

import (
	"reflect"
	"testing"
	"time"
)

func TestUsageSince(t *testing.T) {
	earlier := Usage{
		Hits: 10, Hot: 7, Calls: map[string]uint64{"start": 4}, Spent: [groups]time.Duration{Exports: 3, Spans: 5},
		Lost: 1, Unread: 2, Undrawn: 3, CrossedNS: [groups]uint64{Spans: 100},
	}
	now := Usage{
		Hits: 30, Hot: 17, Calls: map[string]uint64{"start": 9, "end": 6}, Spent: [groups]time.Duration{Exports: 4, Spans: 15},
		Lost: 5, Unread: 8, Undrawn: 13, CrossedNS: [groups]uint64{Spans: 200},
	}
	want := Usage{
		Hits: 20, Hot: 10, Calls: map[string]uint64{"start": 5, "end": 6}, Spent: [groups]time.Duration{Exports: 1, Spans: 10},
		Lost: 4, Unread: 6, Undrawn: 10, CrossedNS: [groups]uint64{Spans: 200},
	}
	got := now.Since(earlier)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.TotalSpent() != 11 {
		t.Errorf("%v spent in all, want 11ns", got.TotalSpent())
	}
	if whole := now.Since(Usage{}); !reflect.DeepEqual(whole, now) {
		t.Errorf("since the attach: got %+v\nwant %+v", whole, now)
	}
}
