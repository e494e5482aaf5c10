package whatif

import "testing"

// TestLine keeps the order, and no more memory than what waits needs.
func TestLine(t *testing.T) {
	var l line
	next := 0
	for i := range 10_000 {
		l.add(arrival{spans: i})
		if waits := i - next; waits < 50 {
			continue
		}
		for range 1 + i%40 {
			if got := l.first().spans; got != next {
				t.Fatalf("%d is first, want %d", got, next)
			}
			l.gone++
			next++
		}
	}
	if n := cap(l.all); n > 256 {
		t.Errorf("room for %d, of which no more than 51 waited", n)
	}
	l = l.emptied()
	if l.add(arrival{spans: 7}); l.first().spans != 7 {
		t.Errorf("%d is first of one emptied, want 7", l.first().spans)
	}
}
