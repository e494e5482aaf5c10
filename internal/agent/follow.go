package agent

import (
	"cmp"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxFollowed bounds the spans followed at a time: to read them all takes
	// otwatch about a millisecond.
	maxFollowed = 2000
	// maxAtSite bounds those that one site has open, so that one that leaks leaves
	// room for others.
	maxAtSite  = 256
	maxSites   = 128
	coverage   = 10 * time.Minute // twice that at the most
	maxControl = 256
	// surely is how long before a collection begins to mark a span must have been
	// seen open to be certain that it was open then. The runtime notes the
	// beginning before it stops the program.
	surely = 10 * time.Millisecond
)

// followBook follows one target's spans from their start, and keeps their fates
// by the site that starts them. What it rests on: a span that will be ended can
// be reached until then, so no collection that began before frees it. Where its
// memory is used again although no collection began since it was last seen open,
// it is never ended.
type followBook struct {
	frames func(stack []uint64) []*snapshot.Frame

	sites      []*siteBook
	open       map[uint64]*followed // by address
	rotated    uint64               // when the sites' tallies last were, CLOCK_MONOTONIC
	unfollowed uint64               // no room

	collections uint64 // seen
	began       uint64 // the latest moment at which one that has ended may have begun
	last        memory.Collection
	settling    settling
	sighted     bool // collections were seen at the last look
	certain     bool // and at the one before
}

// followed is a span that is open, as far as is known.
type followed struct {
	span, id    uint64
	started     uint64 // CLOCK_MONOTONIC, as all times here
	seen        uint64 // open, at last
	collections uint64 // seen when it started
	bytes       uint64
	site        *siteBook
	tally       *tally
}

// siteBook is one site's page: the tally under way and the one before.
type siteBook struct {
	site, caller snapshot.Frame
	now, before  *tally
	open         int
}

// tally counts the fates of the spans that a site started in some time.
type tally struct {
	followed, weight    uint64
	read                uint64 // of those that were ended, the ones known from memory
	ended, reused, lost snapshot.Ages
	longest             time.Duration
}

func newFollowBook(frames func([]uint64) []*snapshot.Frame) *followBook {
	return &followBook{frames: frames, open: map[uint64]*followed{}, rotated: monotonicNS()}
}

// room is how many more spans may be followed.
func (b *followBook) room() int { return maxFollowed - len(b.open) }

// addresses are those of the spans to look at.
func (b *followBook) addresses() []uint64 {
	addresses := make([]uint64, 0, len(b.open)+len(b.settling.waiting))
	for address := range b.open {
		addresses = append(addresses, address)
	}
	return b.settling.addresses(addresses, b.collections)
}

// enter takes in what the probes recorded.
func (b *followBook) enter(records probes.Records) {
	for _, c := range records.Collections {
		b.collect(c)
	}
	byTime := func(a, b probes.Start) int { return cmp.Compare(a.StartedNS, b.StartedNS) }
	ends := records.Ends
	for _, s := range slices.SortedFunc(slices.Values(records.Starts), byTime) {
		for len(ends) > 0 && ends[0].EndedNS < s.StartedNS {
			b.ended(ends[0])
			ends = ends[1:]
		}
		b.start(s)
	}
	for _, e := range ends {
		b.ended(e)
	}
}

// ended enters a call of End.
func (b *followBook) ended(e probes.End) {
	if f := b.open[e.Span]; f != nil && f.id == e.ID {
		b.end(f, e.EndedNS, true)
	}
}

// collect enters the end of a collection. When it began is not known if the one
// before was not seen.
func (b *followBook) collect(c memory.Collection) {
	began := c.EndedNS
	if cycle, ok := c.Since(b.last); ok && cycle.BeganNS != 0 {
		began = cycle.BeganNS
	}
	b.began = max(b.began, began)
	b.last = c
	b.collections++
}

// start begins to follow a span. What was followed at its address until now is
// no more.
func (b *followBook) start(s probes.Start) {
	if f := b.open[s.Span]; f != nil {
		b.lose(f)
	}
	delete(b.settling.waiting, s.Span)
	site := b.siteOf(b.frames(s.Stack))
	if site == nil {
		b.unfollowed++
		return
	}
	site.now.weight += uint64(s.StandsFor)
	if site.open >= maxAtSite || len(b.open) >= maxFollowed {
		b.unfollowed++
		return
	}
	site.open++
	site.now.followed++
	b.open[s.Span] = &followed{
		span: s.Span, id: s.ID, started: s.StartedNS, seen: s.StartedNS, collections: b.collections, site: site, tally: site.now,
	}
}

// siteOf finds the page of a site, or opens one; nil if there are too many.
func (b *followBook) siteOf(frames []*snapshot.Frame) *siteBook {
	site, caller := startSite(frames)
	for _, s := range b.sites {
		if s.site == site && s.caller == caller {
			return s
		}
	}
	if len(b.sites) == maxSites {
		return nil
	}
	s := &siteBook{site: site, caller: caller, now: &tally{}, before: &tally{}}
	b.sites = append(b.sites, s)
	return s
}

// look enters what stands at the addresses now, read at atNS, when everything
// recorded up to then has been entered. sighted says that collections are seen.
func (b *followBook) look(addresses []uint64, found []memory.StartedSpan, atNS uint64, sighted bool) {
	b.certain, b.sighted = sighted && b.sighted, sighted
	for i, address := range addresses {
		b.settling.look(address, found[i], b.collections)
		f := b.open[address]
		switch {
		case f == nil || f.started >= atNS:
		case found[i].ID != f.id:
			b.lose(f)
		case found[i].Ended:
			f.tally.read++
			b.end(f, atNS, false)
		default:
			f.seen, f.bytes = atNS, found[i].Bytes
		}
	}
	if atNS-b.rotated >= uint64(coverage) {
		b.rotated = atNS
		b.rotate()
	}
}

// end enters a span that was ended, no later than at a moment. probed says that
// the call of End was seen.
func (b *followBook) end(f *followed, atNS uint64, probed bool) {
	age := time.Duration(atNS - f.started)
	f.tally.ended.Add(age)
	f.tally.longest = max(f.tally.longest, age)
	b.drop(f)
	b.settling.wait(f.span, f.id, b.collections, probed)
}

// lose enters a span whose memory is another's. It was never ended if no
// collection began since it was seen open, as far as that is certain.
func (b *followBook) lose(f *followed) {
	age := time.Duration(f.seen - f.started)
	if b.certain && b.began+uint64(surely) < f.seen {
		f.tally.reused.Add(age)
	} else {
		f.tally.lost.Add(age)
	}
	b.drop(f)
}

func (b *followBook) drop(f *followed) {
	delete(b.open, f.span)
	f.site.open--
}

// rotate begins a new tally of every site, and forgets the sites that start no
// spans any more.
func (b *followBook) rotate() {
	var kept []*siteBook
	for _, s := range b.sites {
		s.before, s.now = s.now, &tally{}
		if s.before.followed > 0 || s.open > 0 {
			kept = append(kept, s)
		}
	}
	b.sites = kept
}

// close hands out what is known as of now.
func (b *followBook) close(nowNS uint64) snapshot.Following {
	settled := b.settling.collections()
	following := snapshot.Following{
		Unfollowed: b.unfollowed, Settled: settled, Controls: b.settling.total, Lingering: b.settling.lingering(settled),
		Kept: b.settling.kept, Gone: b.settling.gone,
	}
	at := map[*siteBook]int{}
	for i, s := range b.sites {
		at[s] = i
		following.Sites = append(following.Sites, s.sum())
	}
	for _, f := range b.open {
		f.show(&following.Sites[at[f.site]], time.Duration(nowNS-f.started), b.collections-f.collections >= following.Settled)
	}
	return following
}

// sum is the page without the spans that are open.
func (s *siteBook) sum() snapshot.FollowedSite {
	a, b := s.before, s.now
	return snapshot.FollowedSite{
		Site: s.site, Caller: s.caller, Followed: a.followed + b.followed, Weight: a.weight + b.weight, Read: a.read + b.read,
		Ended: a.ended.Plus(b.ended), Reused: a.reused.Plus(b.reused), Lost: a.lost.Plus(b.lost), LongestEnd: max(a.longest, b.longest),
	}
}

// show enters an open span into its site's sum.
func (f *followed) show(sum *snapshot.FollowedSite, age time.Duration, held bool) {
	sum.Oldest = max(sum.Oldest, age)
	if held {
		sum.HeldBytes += f.bytes
	}
	switch {
	case f.tally == f.site.now || f.tally == f.site.before:
		sum.Open.Add(age)
		if held {
			sum.Held.Add(age)
		}
	case held:
		sum.Older++
	}
}
