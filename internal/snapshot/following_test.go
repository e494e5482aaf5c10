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
		var ended Ages
		ended[3] = n
		return Snapshot{Following: Following{Sites: []FollowedSite{{Followed: n, Ended: ended}}, Settled: 2}}
	}
	for _, test := range []struct {
		name    string
		a, b    Snapshot
		want    uint64
		nothing bool
	}{
		{"both", following(5), following(7), 7, false},
		{"the later has none", following(5), Snapshot{}, 5, false},
		{"neither", Snapshot{}, Snapshot{}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := following(test.want).Following
			if test.nothing {
				want = Following{}
			}
			if diff := cmp.Diff(want, test.a.Merge(test.b).Following); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
