package accounting

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	maxSites = 128
	// maxOpenAtSite bounds the open spans of one site, so that a site that leaks spans
	// leaves room for others.
	maxOpenAtSite = 256
	// cohortTime is how long spans join a site's cohort. Two cohorts are kept, so figures
	// cover the last 10 to 20 minutes.
	cohortTime = 10 * time.Minute
)

// site is a place in the program that starts spans, with its caller and, if it is in another
// module, with the program's own code that called it.
type site struct {
	frame, caller     snapshot.Frame
	own               snapshot.Frame
	current, previous *cohort
	gone              map[string]int // spans whose memory holds something else, by name
	open              int
}

// cohort counts how the spans ended that a site started in some time.
type cohort struct {
	followed, weight    uint64
	read                uint64 // of those that were ended, the ones whose end was read from memory
	ended, reused, lost snapshot.Ages
	longest             time.Duration
}

// sum adds a site's cohorts up, without the spans that are open.
func (s *site) sum() snapshot.FollowedSite {
	a, b := s.previous, s.current
	return snapshot.FollowedSite{
		Site: s.frame, Caller: s.caller, Own: s.own, Followed: a.followed + b.followed, Weight: a.weight + b.weight, Read: a.read + b.read,
		Ended: a.ended.Plus(b.ended), Reused: a.reused.Plus(b.reused), Lost: a.lost.Plus(b.lost), LongestEnd: max(a.longest, b.longest),
	}
}

// addTo adds an open span to its site's sum.
func (s *openSpan) addTo(sum *snapshot.FollowedSite, age time.Duration, held bool) {
	sum.Oldest = max(sum.Oldest, age)
	if held {
		sum.HeldBytes += s.bytes
	}
	switch {
	case s.cohort == s.site.current || s.cohort == s.site.previous:
		sum.Open.Add(age)
		if held {
			sum.Held.Add(age)
		}
	case held:
		sum.Older++
	}
}

// maxOpenNames is how many names of open spans are kept of a site.
const maxOpenNames = 3

// maxGoneNames bounds the names of a site's spans that are gone.
const maxGoneNames = 16

// addGone counts a span that is gone, if its name is known.
func (s *site) addGone(name string) {
	if s.gone == nil {
		s.gone = map[string]int{}
	}
	if _, known := s.gone[name]; name != "" && (known || len(s.gone) < maxGoneNames) {
		s.gone[name]++
	}
}

// mostFrequent are the names of the most open spans, the most frequent first.
func mostFrequent(open map[string]int) []string {
	names := slices.SortedFunc(maps.Keys(open), func(a, b string) int {
		return cmp.Or(cmp.Compare(open[b], open[a]), cmp.Compare(a, b))
	})
	return names[:min(len(names), maxOpenNames)]
}
