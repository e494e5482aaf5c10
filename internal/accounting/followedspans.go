package accounting

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxFollowed bounds the spans that are followed at a time: reading all of them
	// costs otwatch about a millisecond.
	maxFollowed = 2000
	// markMargin is how long before a garbage collection begins a span must have been
	// seen open to be certain that it was open then. The runtime notes the beginning
	// before it stops the program.
	markMargin = 10 * time.Millisecond
	// longestGap is how long a span may go unseen for what became of it to count: otwatch reads
	// spans ten times a second, unless it gets no CPU time.
	longestGap = 3 * time.Second
	// namedAfter is the age from which on the name of an open span is listed: most spans have
	// ended by then.
	namedAfter = 100 * time.Millisecond
)

// FollowedSpans follows some spans of one target from their start, and counts by start
// site how they end. It rests on one fact: a span that the program will still end can be
// reached until then, so its memory is not freed. If the memory of a span is used again
// although no garbage collection has begun since the span was last seen open, the span is
// never ended.
type FollowedSpans struct {
	frames func(stack []uint64) []*snapshot.Frame

	places     []*place
	sites      []*site
	open       map[uint64]*openSpan // by address
	rotatedNS  uint64               // when cohorts were last begun, CLOCK_MONOTONIC
	unfollowed uint64               // spans that there was no room for, or that were lost out of sight for long

	collections    uint64 // garbage collections seen
	beganNS        uint64 // the latest moment at which one that has ended may have begun
	lastCollection memory.Collection
	reuse          memoryReuse
	counted        bool // collections were counted at the last look
	countedBefore  bool // and at the look before
}

// openSpan is a span that has not ended, as far as is known.
type openSpan struct {
	span, id    uint64
	startedNS   uint64 // CLOCK_MONOTONIC, as are all times here
	seenNS      uint64 // when it was last seen open
	collections uint64 // seen when it started
	bytes       uint64
	name        string
	call        call
	site        *site
	cohort      *cohort
}

// NewFollowedSpans follows no span yet. frames finds the functions of a stack.
func NewFollowedSpans(frames func(stack []uint64) []*snapshot.Frame, nowNS uint64) *FollowedSpans {
	return &FollowedSpans{frames: frames, open: map[uint64]*openSpan{}, rotatedNS: nowNS}
}

// Room is how many more spans may be followed.
func (f *FollowedSpans) Room() int { return maxFollowed - len(f.open) }

// Addresses lists the spans whose memory should be read.
func (f *FollowedSpans) Addresses() []uint64 {
	addresses := make([]uint64, 0, len(f.open)+len(f.reuse.controls))
	for address := range f.open {
		addresses = append(addresses, address)
	}
	return f.reuse.addresses(addresses, f.collections)
}

// Record takes in what the probes recorded.
func (f *FollowedSpans) Record(records probes.Records) {
	for _, c := range records.Collections {
		f.addCollection(c)
	}
	byTime := func(a, b probes.Start) int { return cmp.Compare(a.StartedNS, b.StartedNS) }
	ends := records.Ends
	for _, s := range slices.SortedFunc(slices.Values(records.Starts), byTime) {
		for len(ends) > 0 && ends[0].EndedNS < s.StartedNS {
			f.addEnd(ends[0])
			ends = ends[1:]
		}
		f.addStart(s)
	}
	for _, e := range ends {
		f.addEnd(e)
	}
}

// addCollection takes in the end of a garbage collection. If the one before was not
// seen, it is not known when this one began.
func (f *FollowedSpans) addCollection(c memory.Collection) {
	began := c.EndedNS
	if cycle, ok := c.Since(f.lastCollection); ok && cycle.BeganNS != 0 {
		began = cycle.BeganNS
	}
	f.beganNS = max(f.beganNS, began)
	f.lastCollection = c
	f.collections++
}

// addStart begins to follow a span. The span that was followed at its address until now
// no longer exists.
func (f *FollowedSpans) addStart(start probes.Start) {
	if s := f.open[start.Span]; s != nil {
		f.gone(s, start.StartedNS)
	}
	delete(f.reuse.controls, start.Span)
	site := f.siteOf(f.frames(start.Stack), start.Name)
	if site == nil {
		f.unfollowed++
		return
	}
	site.latestNS = max(site.latestNS, start.StartedNS)
	site.current.weight += uint64(start.StandsFor)
	if site.open >= maxOpenAtSite || site.place.open >= maxOpenAtPlace || len(f.open) >= maxFollowed {
		f.unfollowed++
		return
	}
	site.open++
	site.place.open++
	site.current.followed++
	f.open[start.Span] = &openSpan{
		span: start.Span, id: start.ID, startedNS: start.StartedNS, seenNS: start.StartedNS,
		collections: f.collections, site: site, cohort: site.current, name: start.Name,
		call: call{goroutine: start.Goroutine, returnsTo: f.returnOf(start.Stack)},
	}
}

// addEnd takes in a call of End.
func (f *FollowedSpans) addEnd(e probes.End) {
	if s := f.open[e.Span]; s != nil && s.id == e.ID {
		f.ended(s, e.EndedNS, true)
	}
}

// Look takes in what is in memory at the addresses, read at a moment, after all that was
// recorded up to then. counted is true while garbage collections are counted.
func (f *FollowedSpans) Look(addresses []uint64, found []memory.StartedSpan, atNS uint64, counted bool) {
	f.countedBefore, f.counted = counted && f.counted, counted
	for i, address := range addresses {
		f.reuse.look(address, found[i], f.collections)
		s := f.open[address]
		switch {
		case s == nil || s.startedNS >= atNS:
		case found[i].ID != s.id:
			f.gone(s, atNS)
		case found[i].Ended:
			s.cohort.read++
			f.ended(s, atNS, false)
		default:
			s.seenNS, s.bytes = atNS, found[i].Bytes
		}
	}
	if atNS-f.rotatedNS >= uint64(cohortTime) {
		f.rotatedNS = atNS
		f.rotate()
	}
}

// MissedCollections says that garbage collections may not have been counted for a while.
func (f *FollowedSpans) MissedCollections() { f.counted = false }

// Credible is false if spans are not read correctly: many whose call of End was seen
// show no end time in memory.
func (f *FollowedSpans) Credible() bool { return f.reuse.credible() }

// ended counts a span that was ended, no later than at a moment. probed says that the
// call of End was seen.
func (f *FollowedSpans) ended(s *openSpan, atNS uint64, probed bool) {
	age := time.Duration(atNS - s.startedNS)
	s.cohort.ended.Add(age)
	s.cohort.longest = max(s.cohort.longest, age)
	f.unfollow(s)
	f.reuse.add(s.span, s.id, f.collections, probed)
}

// gone counts a span whose memory holds something else at a moment. It was never ended if it is
// certain that no collection began since it was last seen open. If it was not looked at for long,
// that says nothing of how often an end is missed: it counts as not followed.
func (f *FollowedSpans) gone(s *openSpan, atNS uint64) {
	age := time.Duration(s.seenNS - s.startedNS)
	switch {
	case f.countedBefore && f.beganNS+uint64(markMargin) < s.seenNS:
		s.cohort.reused.Add(age)
	case atNS-s.seenNS > uint64(longestGap):
		s.cohort.followed--
		f.unfollowed++
		f.unfollow(s)
		return
	default:
		s.cohort.lost.Add(age)
	}
	if age >= namedAfter {
		s.site.addGone(s.name)
	}
	f.unfollow(s)
}

func (f *FollowedSpans) unfollow(s *openSpan) {
	delete(f.open, s.span)
	s.site.open--
	s.site.place.open--
}

// rotate begins a new cohort at every site, and forgets the sites that no longer start
// spans.
func (f *FollowedSpans) rotate() {
	var kept []*site
	for _, s := range f.sites {
		s.previous, s.current = s.current, &cohort{}
		if s.previous.followed > 0 || s.open > 0 {
			kept = append(kept, s)
		} else {
			s.place.sites--
		}
	}
	f.sites = kept
	f.places = slices.DeleteFunc(f.places, func(p *place) bool { return p.sites == 0 })
}

// AsOf returns what is known at a moment.
func (f *FollowedSpans) AsOf(nowNS uint64) snapshot.Following {
	reusedAfter := f.reuse.collections()
	following := snapshot.Following{
		Unfollowed: f.unfollowed, ReusedAfter: reusedAfter, Controls: f.reuse.total, Lingering: f.reuse.lingering(reusedAfter),
		Kept: f.reuse.kept, Gone: f.reuse.gone,
	}
	at := map[*site]int{}
	for i, s := range f.sites {
		at[s] = i
		following.Sites = append(following.Sites, s.sum(nowNS))
	}
	for _, s := range f.open {
		s.addTo(&following.Sites[at[s.site]], time.Duration(nowNS-s.startedNS), f.collections-s.collections >= reusedAfter)
	}
	for s, names := range f.openNames() {
		following.Sites[at[s]].OpenNames = mostFrequent(names)
	}
	return following
}

// openNames counts the spans that have been open for namedAfter or longer, or are gone without
// an end, and whose names are known, by site and name.
func (f *FollowedSpans) openNames() map[*site]map[string]int {
	names := map[*site]map[string]int{}
	for _, s := range f.sites {
		if len(s.gone) > 0 {
			names[s] = maps.Clone(s.gone)
		}
	}
	for _, s := range f.open {
		if s.name == "" || s.seenNS-s.startedNS < uint64(namedAfter) {
			continue
		}
		if names[s.site] == nil {
			names[s.site] = map[string]int{}
		}
		names[s.site][s.name]++
	}
	return names
}
