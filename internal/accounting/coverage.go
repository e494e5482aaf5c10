package accounting

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// longestStretch is how long exports may be observed for the time to be a stretch: what is
	// observed for longer ends when there is much to observe, and stands for no other time.
	longestStretch = 3 * time.Second
	// shortestStretch is how long a stretch must be to stand for other times.
	shortestStretch = 5 * time.Millisecond
	// maxStretchCalls bounds the exports of a stretch that are kept.
	maxStretchCalls = 1 << 12
	// maxCopies bounds how many exports are kept one by one for those that were not observed in a
	// time, each as often as its part of them.
	maxCopies = 512
	// maxRecent and maxRecentCalls bound the stretches, and the exports in them, that show how
	// long exports take that had not returned when a stretch ended.
	maxRecent, maxRecentCalls = 64, 1 << 10
)

// coverage is when exports of spans were observed. Where the budget lets their probes stand in
// short stretches only, the exports that began in a stretch stand for those in the time up to
// the next one. Moments are CLOCK_MONOTONIC.
type coverage struct {
	stretches []stretch // since the last take; only the last one may not have ended
	recent    []stretch // that ended and stand for other times, the latest ones
	last      *stretch  // the last of these; nil if exports have been observed for long since
	coveredNS uint64    // up to when exports were observed, or are counted by those of a stretch
	owed      time.Duration
	cutPart   float64 // of the exports that returned in the last stretch, those that had begun before
	part      float64 // of an export, left over by rounding
	copied    float64 // the same of those that are kept one by one
}

// stretch is a time in which exports were observed.
type stretch struct {
	fromNS, untilNS uint64          // untilNS is 0 while it lasts
	calls           []probes.Call   // that began and returned in it
	open            []time.Duration // ages of the exports that began in it and had not returned at its end
	cut             uint64          // exports that returned in it, and had begun before
	spent           bool            // it ended when its allowance was spent, at a hit
	first           bool            // it began when otwatch attached
	like            []likeness      // what the open ones are taken to be
	longer          float64         // of the open ones, those that take longer than all that were seen to return
}

// likeness is how many of the exports that were not seen to return are taken to be like one that was.
type likeness struct {
	call  probes.Call
	times float64
}

// ObserveFrom notes that exports are observed from a moment on.
func (c *Components) ObserveFrom(atNS uint64) {
	v := &c.coverage
	first := v.coveredNS == 0
	if first {
		v.coveredNS = atNS
	}
	v.stretches = append(v.stretches, stretch{fromNS: atNS, first: first})
}

// ObserveUntil notes that exports are not observed any more, and which operations were under
// way then. spent is true if the probes' allowance was spent at that moment.
func (c *Components) ObserveUntil(atNS uint64, spent bool, busy []probes.Flight) {
	s := c.coverage.current()
	if s == nil {
		return
	}
	s.untilNS, s.spent = max(atNS, s.fromNS+1), spent
	for _, f := range busy {
		if f.Of == probes.Export {
			s.addOpen(f.StartedNS)
		}
	}
}

// Cut is the part of the exports in the last stretch that had begun before it.
func (c *Components) Cut() float64 { return c.coverage.cutPart }

// current is the stretch that lasts; nil if there is none.
func (v *coverage) current() *stretch {
	if n := len(v.stretches); n > 0 && v.stretches[n-1].untilNS == 0 {
		return &v.stretches[n-1]
	}
	return nil
}

// at is the stretch in which an export returned; nil if it is not kept.
func (v *coverage) at(ns uint64) *stretch {
	for i := len(v.stretches) - 1; i >= 0; i-- {
		if s := &v.stretches[i]; ns >= s.fromNS {
			return s
		}
	}
	return nil
}

// see takes in an export that returned. It reports whether others stand for it: it had begun
// before a stretch that is not the first, or returned after the end.
func (v *coverage) see(call probes.Call) (stoodFor bool) {
	s := v.at(call.EndedNS)
	switch {
	case s == nil:
		return false
	case s.untilNS != 0 && call.EndedNS > s.untilNS:
		// It returned before the kernel stopped counting.
		return s.addOpen(call.StartedNS) && s.length(0) <= longestStretch
	case call.StartedNS < s.fromNS && (call.StartedNS == 0 || !s.first):
		s.cut++
		return !s.first
	case s.length(call.EndedNS) <= longestStretch && len(s.calls) < maxStretchCalls:
		s.calls = append(s.calls, call)
	}
	return false
}

// addOpen takes in an export that had not returned when the stretch ended. It reports whether the
// export began in the stretch, and there was room for it.
func (s *stretch) addOpen(startedNS uint64) bool {
	if startedNS < s.fromNS || startedNS > s.untilNS || len(s.open) >= maxStretchCalls {
		return false
	}
	s.open = append(s.open, time.Duration(s.untilNS-startedNS))
	return true
}

// length is how long the stretch has lasted at a moment.
func (s *stretch) length(nowNS uint64) time.Duration {
	if s.untilNS != 0 {
		nowNS = s.untilNS
	}
	return ago(nowNS, s.fromNS)
}

// began is how many exports began in it.
func (s *stretch) began() float64 { return float64(len(s.calls) + len(s.open)) }

// mayStand reports whether a stretch that ended was as long as one that stands for other times,
// and was kept whole.
func (s *stretch) mayStand() bool {
	length := s.length(0)
	return length >= shortestStretch && length <= longestStretch && len(s.calls) < maxStretchCalls && len(s.open) < maxStretchCalls
}

// expected is how many exports begin in as long a time as the stretch was. A stretch that
// ends at a hit has one too many: it ended because of that.
func (s *stretch) expected() float64 {
	n := s.began()
	if s.spent && n > 1 {
		n--
	}
	return n
}

// takeStretches ends the interval: it counts the exports of the stretches for the times in
// which exports were not observed.
func (c *Components) takeStretches(nowNS uint64) (taken snapshot.Stretches) {
	v := &c.coverage
	if v.coveredNS == 0 {
		return taken
	}
	for len(v.stretches) > 0 && v.stretches[0].untilNS != 0 {
		s := v.stretches[0]
		v.stretches = v.stretches[1:]
		c.cover(&taken, s.fromNS)
		c.endStretch(&taken, &s)
		v.coveredNS = max(v.coveredNS, s.untilNS)
	}
	if s := v.current(); s != nil {
		c.cover(&taken, s.fromNS)
		if s.length(nowNS) > longestStretch {
			s.calls = nil
		}
		return taken
	}
	c.cover(&taken, nowNS)
	return taken
}

// endStretch takes in a stretch that has ended.
func (c *Components) endStretch(taken *snapshot.Stretches, s *stretch) {
	v := &c.coverage
	v.cutPart = float64(s.cut) / float64(max(1, uint64(len(s.calls))+s.cut))
	if s.length(0) > longestStretch {
		v.last = nil
	}
	if !s.mayStand() {
		return
	}
	v.remember(*s)
	if v.complete(s); len(s.calls)+len(s.like) == 0 && len(s.open) > 0 {
		return
	}
	v.last = s
	taken.Rates.Add(s.expected() / s.length(0).Seconds())
	taken.Calls += uint64(s.began())
	taken.Durations.Add(s.logarithms())
	c.fill(taken, s.like, 1)
	taken.Longer += s.longer
	c.repay(taken)
}

// remember keeps a stretch among the recent ones.
func (v *coverage) remember(s stretch) {
	v.recent = append(v.recent, s)
	calls := 0
	for i, r := range slices.Backward(v.recent) {
		if calls += len(r.calls) + len(r.open); i < len(v.recent)-1 && calls > maxRecentCalls || len(v.recent)-i > maxRecent {
			v.recent = slices.Delete(v.recent, 0, i+1)
			return
		}
	}
}

// complete finds out what the open exports of a stretch are like: those of the recent stretches
// that took longer than they had at its end.
func (v *coverage) complete(s *stretch) {
	var calls []probes.Call
	var ended, open []time.Duration
	for _, r := range v.recent {
		calls, open = append(calls, r.calls...), append(open, r.open...)
	}
	if len(calls) == 0 {
		return
	}
	slices.SortFunc(calls, func(a, b probes.Call) int { return cmp.Compare(took(a), took(b)) })
	slices.Sort(open)
	for _, call := range calls {
		ended = append(ended, took(call))
	}
	weights, longer := estimate.NewLifetimes(ended, open).Complete(s.open)
	s.longer = longer
	weights[len(weights)-1] += longer // the nearest to what is not known
	for i, times := range weights {
		if times > 0 {
			s.like = append(s.like, likeness{calls[i], times})
		}
	}
}

// all are the exports that began in it: what the open ones are taken to be, and those that returned.
func (s *stretch) all() []likeness {
	all := slices.Clone(s.like)
	for _, call := range s.calls {
		all = append(all, likeness{call, 1})
	}
	return all
}

// logarithms are those of the durations of the exports that began in it, in nanoseconds.
func (s *stretch) logarithms() (n, sum, squares float64) {
	for _, l := range s.all() {
		logarithm := math.Log(max(1, float64(took(l.call))))
		n, sum, squares = n+l.times, sum+l.times*logarithm, squares+l.times*logarithm*logarithm
	}
	return n, sum, squares
}

// cover counts the exports up to a moment by those of the last stretch.
func (c *Components) cover(taken *snapshot.Stretches, untilNS uint64) {
	v := &c.coverage
	if untilNS <= v.coveredNS {
		return
	}
	since := time.Duration(untilNS - v.coveredNS)
	v.coveredNS = untilNS
	taken.Unobserved += since
	v.owed += since
	c.repay(taken)
}

// repay counts exports for the time that no stretch stands for yet, if there is one now.
func (c *Components) repay(taken *snapshot.Stretches) {
	v := &c.coverage
	if v.last == nil || v.owed == 0 {
		return
	}
	owed := v.owed
	v.owed = 0
	taken.Filled += owed
	s := v.last
	if s.began() == 0 {
		return
	}
	times := s.expected() / s.began() * owed.Seconds() / s.length(0).Seconds()
	c.fill(taken, s.all(), times)
	taken.Longer += times * s.longer
}

// fill counts exports that were not observed, each one given so many times for each that is
// like it.
func (c *Components) fill(taken *snapshot.Stretches, like []likeness, times float64) {
	v := &c.coverage
	var all float64
	for _, l := range like {
		all += times * l.times
	}
	copies := min(1, maxCopies/max(1, all)) // of each one
	for _, l := range like {
		v.part += times * l.times
		if v.part < 1 {
			continue
		}
		n := uint64(v.part)
		v.part -= float64(n)
		taken.Added += n
		v.copied += float64(n) * copies
		kept := uint64(v.copied)
		v.copied -= float64(kept)
		c.countExport(l.call, n, kept)
	}
}
