package agent

import (
	"testing"
	"time"
)

// TestWindow opens and shuts a window over several intervals of ten seconds.
func TestWindow(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	take := func(w *window, from int, whole bool) {
		t.Helper()
		if got := w.take(at(from)); got != whole {
			t.Errorf("from second %d: whole: %v, want %v", from, got, whole)
		}
	}
	var w window
	take(&w, 0, false)
	w.begin(at(13))
	take(&w, 10, false)
	take(&w, 20, true)
	w.end()
	w.begin(at(35))
	take(&w, 30, false)
	w.end()
	take(&w, 40, false)
	w.begin(at(50))
	take(&w, 50, false) // it was shut at the interval's beginning
	take(&w, 60, true)
}

// TestOverBudgetUntilAWholeInterval has the budget shut a group that fits again later.
func TestOverBudgetUntilAWholeInterval(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	w := window{}
	w.begin(at(0))
	w.end()
	w.overBudget = true
	for i, want := range []bool{true, true, false, false} {
		from := 10 * i
		if from == 10 {
			w.begin(at(13))
		}
		if w.take(at(from)); w.overBudget != want {
			t.Errorf("from second %d: over the budget: %v", from, w.overBudget)
		}
	}
}
