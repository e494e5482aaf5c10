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
	// maxNamed of them have a name of their own, and maxNamesAtPlace in one place. Spans of
	// further names share their place's site of other names, so that there is room for places.
	maxNamed        = 96
	maxNamesAtPlace = 8
	// maxOpenAtSite bounds the open spans of one site, and maxOpenAtPlace those of one place,
	// so that one that leaks spans leaves room for others.
	maxOpenAtSite  = 256
	maxOpenAtPlace = 512
	// cohortTime is how long spans join a site's cohort. Two cohorts are kept, so figures
	// cover the last 10 to 20 minutes.
	cohortTime = 10 * time.Minute
)

// place is a line of the program that starts spans, with its caller and, if it is in another
// module, with the program's own code that called it.
type place struct {
	frame, caller, own snapshot.Frame
	open, sites        int
}

// site is the spans of one name that a place starts. Instrumentation starts all spans in one
// place.
type site struct {
	place             *place
	name              string
	others            bool // names for which there is no site
	current, previous *cohort
	gone              map[string]int // spans whose memory holds something else, by name
	open              int
	latestNS          uint64 // when the last span was started
}

// siteOf finds the site of a start, or adds it; nil if there is no room.
func (f *FollowedSpans) siteOf(frames []*snapshot.Frame, name string) *site {
	at := f.placeOf(frames)
	if s := f.siteAt(at, name, false); s != nil {
		return s
	}
	if at.sites < maxNamesAtPlace && len(f.sites) < maxNamed {
		return f.addSite(at, name, false)
	}
	if s := f.siteAt(at, "", true); s != nil || len(f.sites) == maxSites {
		return s
	}
	return f.addSite(at, "", true)
}

// placeOf finds the place of a start, or returns a new one.
func (f *FollowedSpans) placeOf(frames []*snapshot.Frame) *place {
	start, caller, own := startSite(frames)
	for _, p := range f.places {
		if p.frame == start && p.caller == caller && p.own == own {
			return p
		}
	}
	return &place{frame: start, caller: caller, own: own}
}

func (f *FollowedSpans) siteAt(at *place, name string, others bool) *site {
	for _, s := range f.sites {
		if s.place == at && s.name == name && s.others == others {
			return s
		}
	}
	return nil
}

func (f *FollowedSpans) addSite(at *place, name string, others bool) *site {
	if at.sites++; at.sites == 1 {
		f.places = append(f.places, at)
	}
	s := &site{place: at, name: name, others: others, current: &cohort{}, previous: &cohort{}}
	f.sites = append(f.sites, s)
	return s
}

// cohort counts how the spans ended that a site started in some time.
type cohort struct {
	followed, weight    uint64
	read                uint64 // of those that were ended, the ones whose end was read from memory
	ended, reused, lost snapshot.Ages
	longest             time.Duration
}

// sum adds a site's cohorts up, without the spans that are open.
func (s *site) sum(nowNS uint64) snapshot.FollowedSite {
	a, b := s.previous, s.current
	return snapshot.FollowedSite{
		Site: s.place.frame, Caller: s.place.caller, Own: s.place.own, SpanName: s.name, OtherNames: s.others,
		Latest: ago(nowNS, s.latestNS), Followed: a.followed + b.followed, Weight: a.weight + b.weight, Read: a.read + b.read,
		Ended: a.ended.Plus(b.ended), Reused: a.reused.Plus(b.reused), Lost: a.lost.Plus(b.lost), LongestEnd: max(a.longest, b.longest),
	}
}

// addTo adds an open span to its site's sum.
func (s *openSpan) addTo(sum *snapshot.FollowedSite, age time.Duration, held bool) {
	sum.Oldest = max(sum.Oldest, age)
	counts := s.cohort == s.site.current || s.cohort == s.site.previous
	if s.call.running() {
		if counts {
			sum.Running.Add(age)
		}
		return
	}
	if held {
		sum.HeldBytes += s.bytes
	}
	switch {
	case counts:
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
