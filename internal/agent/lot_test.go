package agent

import "testing"

func TestLot(t *testing.T) {
	var l lot
	for _, test := range []struct{ hits, want uint64 }{{0, 1}, {4 * 512, 1}, {4 * 512 * 5, 5}, {1 << 60, 16}} {
		if l.first(test.hits); uint64(l.oneIn) != test.want {
			t.Errorf("of a window of %d hits one in %d is read, want %d", test.hits, l.oneIn, test.want)
		}
	}
	for _, test := range []struct{ calls, want uint64 }{{0, 1}, {5120, 10}, {5130, 1}, {5130 + 1024, 2}} {
		if l.next(test.calls); uint64(l.oneIn) != test.want {
			t.Errorf("after %d calls in all one in %d is read, want %d", test.calls, l.oneIn, test.want)
		}
	}
}
