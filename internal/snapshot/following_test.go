package snapshot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAgeBin(t *testing.T) {
	for _, test := range []struct {
		age time.Duration
		bin int
	}{
		{0, 0}, {time.Millisecond - 1, 0}, {time.Millisecond, 1}, {1414 * time.Microsecond, 1}, {1415 * time.Microsecond, 2},
		{2 * time.Millisecond, 3}, {1024 * time.Millisecond, 21}, {time.Hour, AgeBins - 1}, {1000 * time.Hour, AgeBins - 1},
	} {
		if got := AgeBin(test.age); got != test.bin {
			t.Errorf("%v is in place %d, want %d", test.age, got, test.bin)
		}
	}
}

// TestMergeKeepsTheLaterFollowing does not add up: each covers the same past.
func TestMergeKeepsTheLaterFollowing(t *testing.T) {
	following := func(n uint64) Snapshot {
		return Snapshot{Following: Following{Sites: []FollowedSite{{Followed: n}}, ReusedAfter: 2}}
	}
	if diff := cmp.Diff(following(7).Following, following(5).Merge(following(7)).Following); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
