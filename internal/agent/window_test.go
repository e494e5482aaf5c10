package agent

import (
	"testing"
	"time"
)

// TestWindow is opened and shut over three intervals of ten seconds.
func TestWindow(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	take := func(w *window, from int, open time.Duration, whole bool) {
		t.Helper()
		if gotOpen, gotWhole := w.take(at(from), at(from+10)); gotOpen != open || gotWhole != whole {
			t.Errorf("from second %d: open for %v, whole: %v; want %v, %v", from, gotOpen, gotWhole, open, whole)
		}
	}
	var w window
	take(&w, 0, 0, false)
	w.begin(at(13))
	take(&w, 10, 7*time.Second, false)
	take(&w, 20, 10*time.Second, true)
	w.end(at(32))
	w.begin(at(35))
	take(&w, 30, 7*time.Second, false)
	w.end(at(39)) // it counted up to before the interval
	take(&w, 40, 0, false)
	w.begin(at(50))
	take(&w, 50, 10*time.Second, false) // it was shut at the interval's beginning
	take(&w, 60, 10*time.Second, true)
}

// TestOverBudgetUntilAWholeInterval has the budget shut a group, which then fits again.
func TestOverBudgetUntilAWholeInterval(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	w := window{}
	w.begin(at(0))
	w.end(at(5))
	w.overBudget = true
	for i, want := range []bool{true, true, false, false} {
		from := 10 * i
		if from == 10 {
			w.begin(at(13))
		}
		if w.take(at(from), at(from+10)); w.overBudget != want {
			t.Errorf("from second %d: over the budget: %v", from, w.overBudget)
		}
	}
}
