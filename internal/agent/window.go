package agent

import "time"

// window is one group's state: whether its probes are in place, since when, and why not.
type window struct {
	since      time.Time     // when it was opened; zero if it is shut
	broken     bool          // it was shut at some time, since last taken
	limit      time.Duration // what the group may have spent when it is shut
	overBudget bool          // the budget has shut it, and it has not been open for a whole interval since
	lacks      error         // something ran short when it was to be opened last
	lapsed     bool          // its probes were removed as nobody looked after them, and it has not been open for a whole interval since
	trial      bool          // it is open to see whether it fits into the budget again
}

func (w *window) begin(now time.Time) { w.since = now }

func (w *window) end() { w.since, w.broken = time.Time{}, true }

// counted is for how long it has been open if its hits were counted up to the moment
// given.
func (w *window) counted(until time.Time) time.Duration { return max(0, until.Sub(w.since)) }

// take reports whether it was open all the time since a moment, at which it was last
// taken.
func (w *window) take(since time.Time) (whole bool) {
	whole = !w.broken && !w.since.IsZero() && !w.since.After(since)
	w.broken = w.since.IsZero()
	w.overBudget, w.lapsed = w.overBudget && !whole, w.lapsed && !whole
	return whole
}
