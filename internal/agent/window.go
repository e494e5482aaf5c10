package agent

import "time"

// window is the state of one group of probes: whether they are in place, since when, and
// why not.
type window struct {
	since      time.Time     // when it was opened; zero if it is shut
	broken     bool          // it was shut at some time since the last take
	limit      time.Duration // what the group may have spent before it is shut
	overBudget bool          // the budget has shut it, and it has not been open for a whole interval since
	shortage   error         // why it could not be opened the last time, for want of a resource
	lapsed     bool          // its lease ran out, and it has not been open for a whole interval since
	until      time.Time     // when it is to be shut; zero: no time is set
	trial      bool          // it is open to find out whether it fits into the budget again
	crossedNS  uint64        // when it had last spent an allowance, up to the last spend
	spent      bool          // it had spent its allowance at the last spend
	uncounted  bool          // some of its hits may not have been counted between the last two calls of spend
}

func (w *window) begin(now time.Time) { w.since = now }

func (w *window) end() { w.since, w.until, w.broken = time.Time{}, time.Time{}, true }

// counted is how long it has been open, if its hits were counted up to a moment.
func (w *window) counted(until time.Time) time.Duration { return max(0, until.Sub(w.since)) }

// spend takes in how much of its allowance the group has spent, and when it last had spent all.
// Hits after that, up to the next allowance, are not counted.
func (w *window) spend(spent time.Duration, crossedNS uint64) {
	now := !w.since.IsZero() && spent >= w.limit
	w.uncounted = w.spent || now || crossedNS != w.crossedNS
	w.spent, w.crossedNS = now, crossedNS
}

// take reports whether it was open all the time since the last take, at the given moment.
func (w *window) take(since time.Time) (whole bool) {
	whole = !w.broken && !w.since.IsZero() && !w.since.After(since)
	w.broken = w.since.IsZero()
	w.overBudget, w.lapsed = w.overBudget && !whole, w.lapsed && !whole
	return whole
}
