package accounting

import (
	"time"

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
	// leastFit is the part of a stretch's positions, at least, in which an export is taken to
	// fit into it from its beginning to its return.
	leastFit = 0.1
)

// coverage is when exports of spans were observed. Where the budget lets their probes stand in
// short stretches only, the exports of a stretch stand for those in the time up to the next
// one. Moments are CLOCK_MONOTONIC.
type coverage struct {
	stretches []stretch // since the last take; only the last one may not have ended
	last      *stretch  // that ended, the last one that stands for other times
	coveredNS uint64    // up to when exports were observed, or are counted by those of a stretch
	owed      time.Duration
	cutPart   float64 // of the exports that returned in the last stretch, those that had begun before
	part      float64 // of an export, left over by rounding
	copied    float64 // the same of those that are kept one by one
}

// stretch is a time in which exports were observed.
type stretch struct {
	fromNS, untilNS uint64        // untilNS is 0 while it lasts
	calls           []probes.Call // that began and returned in it
	cut             uint64        // exports that returned in it, and had begun before
	spent           bool          // it ended when its allowance was spent, at a hit
	first           bool          // it began when otwatch attached
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

// ObserveUntil notes that exports are not observed any more. spent is true if the probes'
// allowance was spent at that moment.
func (c *Components) ObserveUntil(atNS uint64, spent bool) {
	if s := c.coverage.current(); s != nil {
		s.untilNS, s.spent = max(atNS, s.fromNS+1), spent
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

// see takes in an export that returned. It reports whether it had begun before a stretch that
// is not the first.
func (v *coverage) see(call probes.Call) (cut bool) {
	s := v.at(call.EndedNS)
	switch {
	case s == nil || s.untilNS != 0 && call.EndedNS > s.untilNS:
		return false
	case call.StartedNS < s.fromNS && (call.StartedNS == 0 || !s.first):
		s.cut++
		return !s.first
	case s.length(call.EndedNS) <= longestStretch && len(s.calls) < maxStretchCalls:
		s.calls = append(s.calls, call)
	}
	return false
}

// length is how long the stretch has lasted at a moment.
func (s *stretch) length(nowNS uint64) time.Duration {
	if s.untilNS != 0 {
		nowNS = s.untilNS
	}
	return ago(nowNS, s.fromNS)
}

// returned is how many exports returned in it.
func (s *stretch) returned() uint64 { return uint64(len(s.calls)) + s.cut }

// stands reports whether a stretch that ended may stand for other times.
func (s *stretch) stands() bool {
	length := s.length(0)
	return length >= shortestStretch && length <= longestStretch && len(s.calls) < maxStretchCalls &&
		(len(s.calls) > 0 || s.cut == 0)
}

// expected is how many exports return in as long a time as the stretch was. A stretch that
// ends at a hit has one too many: it ended because of that.
func (s *stretch) expected() float64 {
	n := float64(s.returned())
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
	v.cutPart = float64(s.cut) / float64(max(1, s.returned()))
	taken.Cut += s.cut
	taken.Calls += s.returned()
	taken.Unfit += float64(s.returned()) - s.fitting()
	if !s.stands() {
		if s.length(0) > longestStretch {
			v.last = nil
		}
		return
	}
	v.last = s
	taken.Rates.Add(s.expected() / s.length(0).Seconds())
	c.fill(taken, float64(s.returned())/max(1, s.fitting()), -1)
	c.repay(taken)
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
	c.fill(taken, v.last.expected()/max(1, v.last.fitting())*owed.Seconds()/v.last.length(0).Seconds(), 0)
}

// fits is in which part of a stretch's positions an export fits into it: the longer it takes,
// the fewer.
func (s *stretch) fits(call probes.Call) float64 {
	return max(leastFit, 1-float64(took(call))/float64(s.length(0)))
}

// fitting is how many exports those of the stretch stand for, if each counts the more the
// less it fits.
func (s *stretch) fitting() (n float64) {
	for _, call := range s.calls {
		n += 1 / s.fits(call)
	}
	return n
}

// fill counts each export of the last stretch again, as often as given for one that always
// fits, and so often less or more.
func (c *Components) fill(taken *snapshot.Stretches, times, more float64) {
	v := &c.coverage
	all := times*v.last.fitting() + more*float64(len(v.last.calls))
	copies := min(1, maxCopies/max(1, all)) // of each one
	for _, call := range v.last.calls {
		v.part += times/v.last.fits(call) + more
		if v.part < 1 {
			continue
		}
		n := uint64(v.part)
		v.part -= float64(n)
		taken.Added += n
		v.copied += float64(n) * copies
		kept := uint64(v.copied)
		v.copied -= float64(kept)
		c.countExport(call, n, kept)
	}
}
