package agent

import "testing"

func TestReadRate(t *testing.T) {
	var r readRate
	for _, test := range []struct{ hits, want uint64 }{{0, 1}, {4 * 512, 1}, {4 * 512 * 5, 5}, {1 << 60, 16}} {
		if r.start(test.hits); uint64(r.oneIn) != test.want {
			t.Errorf("of a window of %d hits one in %d is read, want %d", test.hits, r.oneIn, test.want)
		}
	}
	for _, test := range []struct{ calls, want uint64 }{{0, 1}, {5120, 10}, {5130, 1}, {5130 + 1024, 2}} {
		if r.adjust(test.calls); uint64(r.oneIn) != test.want {
			t.Errorf("after %d calls in all one in %d is read, want %d", test.calls, r.oneIn, test.want)
		}
	}
}
