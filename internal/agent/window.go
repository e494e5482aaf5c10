package agent

import "time"

// window is one group's state: whether its probes are in place, and for how long
// they have been.
type window struct {
	since      time.Time     // when it was opened; zero if it is shut
	from       time.Time     // the same, or when last taken
	open       time.Duration // how long it was open until it was shut, since last taken
	broken     bool          // it was shut at some time, since last taken
	limit      time.Duration // what the group may have spent when it is shut
	overBudget bool          // the budget has shut it, and it has not been open for a whole interval since
	lacks      error         // something ran short when it was to be opened last
	lapsed     bool          // its probes were removed as nobody looked after them, and it has not been open for a whole interval since
	trial      bool          // it is open to see whether it fits into the budget again
}

func (w *window) begin(now time.Time) { w.since, w.from = now, now }

// end shuts it. Its hits were counted up to the moment given.
func (w *window) end(counted time.Time) {
	w.open += max(0, counted.Sub(w.from))
	w.since, w.broken = time.Time{}, true
}

// counted is for how long it has been open if its hits were counted up to the moment
// given.
func (w *window) counted(until time.Time) time.Duration { return max(0, until.Sub(w.since)) }

// take returns for how long it was open since the last call, and whether it was
// all the time since a moment.
func (w *window) take(since, now time.Time) (open time.Duration, whole bool) {
	open, whole = w.open, !w.broken && !w.since.IsZero() && !w.since.After(since)
	w.open, w.broken = 0, w.since.IsZero()
	w.overBudget, w.lapsed = w.overBudget && !whole, w.lapsed && !whole
	if !w.since.IsZero() {
		open += max(0, now.Sub(w.from))
		w.from = now
	}
	return open, whole
}
