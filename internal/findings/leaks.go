package findings

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// When an open span is unusually old for its site.
const (
	// unusualFactor times the age of the oldest span that was observed to end there, but at
	// least unusualAge.
	unusualFactor = 3
	unusualAge    = 20 * time.Second
	// fewEnds or fewer ends do not show what is normal: all spans of the name may be long, as
	// those of streams are. So endlessAge applies, and their number must grow all the time.
	fewEnds    = 20
	endlessAge = 15 * time.Minute
	// lateStart is the part of the oldest span's age, one over it, in which another one must
	// have started, and fewOfStarted the share of the started ones that may have ended, if
	// their number grows.
	lateStart    = 3
	fewOfStarted = 0.5
	// minLooks is how many ends are needed to know how often an end is overlooked.
	minLooks = 30
	// fewLinger is the share of abandoned spans that is assumed to look held until then.
	fewLinger = 0.05
	// maxLeaks is how many sites a report has at most.
	maxLeaks = 20
)

// leak is a Leak with the numbers that it is judged by.
type leak struct {
	report.Leak
	sites              []siteKey // that it sums up
	held, reused, lost uint64    // followed spans
	lingering          float64   // upper bound of the share of abandoned spans that look held
	shared             bool      // another site is the same line, called from elsewhere
	stopped            bool      // no span is abandoned any more
}

// leaks are the sites whose spans were followed, by how many of all spans they start and
// never end. recorded is the number of spans recorded since the attach, of which the
// followed ones are a sample, and ended are the names of some that ended.
func leaks(f snapshot.Following, recorded *estimate.Estimate, ended snapshot.Names) []leak {
	var weight uint64
	for _, s := range f.Sites {
		weight += s.Weight
	}
	at := func(sites ...snapshot.FollowedSite) leak {
		sum := sumOf(sites)
		l := leakAt(sum, f, growing(sum, ended), estimate.Ratio(sum.Weight, weight), recorded)
		for _, s := range sites {
			l.sites = append(l.sites, keyOf(s))
		}
		return l
	}
	found := []leak{}
	for _, place := range places(f.Sites) {
		var others []snapshot.FollowedSite
		for _, s := range place {
			if l := at(s); long(s) || l.leaks() {
				found = append(found, l)
			} else {
				others = append(others, s)
			}
		}
		if len(others) > 0 {
			found = append(found, at(others...))
		}
	}
	for i := range found {
		found[i].shared = slices.ContainsFunc(found, found[i].sameLineElsewhere)
	}
	slices.SortStableFunc(found, func(a, b leak) int { return cmp.Compare(b.NeverEndedOfAll(), a.NeverEndedOfAll()) })
	return found[:min(len(found), maxLeaks)]
}

// overlooked is how many ends are missed for each end that was read from memory; nil if too
// few are known.
func overlooked(f snapshot.Following) *estimate.Estimate {
	looks := f.Kept + f.Gone
	if looks < minLooks || f.Kept == 0 {
		return nil
	}
	gone := estimate.Proportion(estimate.Ratio(f.Gone, looks), looks)
	odds := func(p float64) float64 { return p / (1 - min(p, 0.99)) }
	return &estimate.Estimate{Value: odds(gone.Value), Low: odds(gone.Low), High: odds(gone.High), N: looks}
}

// lingering is the upper bound of the share of abandoned spans that look held because
// their memory is not reused, learned from spans that ended.
func lingering(f snapshot.Following) float64 {
	if f.Controls < minLooks {
		return fewLinger
	}
	return estimate.Proportion(estimate.Ratio(f.Lingering, f.Controls), f.Controls).High
}

// leakAt is one site. Spans that are never ended are those open for longer than normal,
// those abandoned for certain, and those of unknown fate less the ends that were
// overlooked. Spans whose call is under way are as good as ended. If few spans ended, those
// that are open are none of these unless their number grows.
func leakAt(s snapshot.FollowedSite, f snapshot.Following, grows bool, ofAll float64, recorded *estimate.Estimate) leak {
	normal := normalAge(s)
	from := min(snapshot.AgeBin(normal)+1, snapshot.AgeBins-1)
	l := leak{
		Leak: report.Leak{
			Function: s.Site.Function, File: s.Site.File, Line: s.Site.Line, Caller: s.Caller.String(), Module: s.Site.Module(), OwnCode: s.Own.String(),
			SpanName: s.SpanName, OpenNames: append([]string{}, s.OpenNames...),
			Followed: s.Followed, OfSpans: ofAll, LongLived: long(s) && !(grows && oldOpen(s)), Running: s.Running.Total(),
			OldestSeconds: s.Oldest.Seconds(), LongestEndSeconds: s.LongestEnd.Seconds(), NormalSeconds: normal.Seconds(),
		},
		held: s.Held.From(from) + s.Older, reused: s.Reused.Total(), lost: s.Lost.Total(), lingering: lingering(f),
	}
	cohort := estimate.Cohort{Outcomes: [][]uint64{s.Ended[:], s.Reused[:], s.Lost[:], before(s.Running, from)}, Open: s.Open[:]}
	until := min(from, cohort.Reach())
	surviving, known := cohort.Surviving(until)
	if !known {
		return l
	}
	l.Abandoned = abandoned(cohort, until, float64(s.Read), l.lost, overlooked(f))
	if until < from || l.LongLived { // all open spans may still be ended
		l.NeverEnded = estimate.Estimate{High: surviving.High, N: surviving.N}.Plus(*l.Abandoned).Within(0, 1)
		return l
	}
	l.HeldOpen = surviving.Times(heldPart(s, from)).Within(0, 1)
	l.HeldOpen.Low = max(0, l.HeldOpen.Low-l.lingering*l.Abandoned.High) // some of these look held
	l.NeverEnded = surviving.Plus(*l.Abandoned).Within(0, 1)
	l.weigh(s, recorded)
	return l
}

// before is the counts with what is in a bin and above moved to the one below.
func before(ages snapshot.Ages, bin int) []uint64 {
	moved := slices.Clone(ages[:])
	for i := bin; i < len(moved); i++ {
		moved[bin-1] += moved[i]
		moved[i] = 0
	}
	return moved
}

// weigh works out how many spans are held, and their memory.
func (l *leak) weigh(s snapshot.FollowedSite, recorded *estimate.Estimate) {
	if recorded == nil {
		return
	}
	l.HeldSpans = l.HeldOpen.By(*recorded.Times(l.OfSpans))
	if kept := s.Held.Total() + s.Older; kept > 0 {
		l.HeldBytes = l.HeldSpans.Times(estimate.Ratio(s.HeldBytes, kept))
	}
}

// normalAge is the age beyond which an open span of the site is unusual.
func normalAge(s snapshot.FollowedSite) time.Duration {
	least := unusualAge
	if mayAllBeLong(s) {
		least = endlessAge
	}
	return max(least, unusualFactor*s.LongestEnd)
}

// mayAllBeLong reports whether so few of the site's spans ended that all of them may be long. Those
// of a server whose otelgrpc is known never to end some are not: a stream's call is under way.
func mayAllBeLong(s snapshot.FollowedSite) bool {
	_, known := leavesFilteredSpans(s.Site.Module())
	return s.Ended.Total() < fewEnds && !(known && strings.Contains(s.Site.Function, "(*serverHandler)"))
}

// long reports whether spans of the site are long, as far as is known: few ended, and some have
// been open for unusualAge, or their call is under way.
func long(s snapshot.FollowedSite) bool {
	return mayAllBeLong(s) && !s.OtherNames && (oldOpen(s) || s.Running.Total() > 0)
}

// oldOpen reports whether some of the site's spans have been open for unusualAge, and their
// call is not known to be under way.
func oldOpen(s snapshot.FollowedSite) bool {
	return s.Open.From(snapshot.AgeBin(unusualAge)) > 0 || s.Older > 0
}

// growing reports whether a site's open spans become ever more: it still starts some, and few
// spans of the name end. Those that end may have started before otwatch attached.
func growing(s snapshot.FollowedSite, ended snapshot.Names) bool {
	var ends uint64
	for _, name := range ended.List {
		if name.Name == s.SpanName && s.SpanName != "" {
			ends += name.Spans
		}
	}
	return s.Latest <= s.Oldest/lateStart && float64(ends) < fewOfStarted*float64(s.Weight)
}

// heldPart is the share of unusually old spans that are certainly held: they outlived
// enough garbage collections.
func heldPart(s snapshot.FollowedSite, from int) float64 {
	open := s.Open.From(from)
	if open == 0 {
		return 1 // of nothing
	}
	return estimate.Ratio(s.Held.From(from), open)
}

// abandoned is the share of spans that are never ended and that nothing holds: those whose
// memory was certainly reused, and those of unknown fate less the ends that were
// overlooked. The first alone is the lower bound, both are the upper bound.
func abandoned(c estimate.Cohort, from int, read float64, lost uint64, overlooked *estimate.Estimate) *estimate.Estimate {
	certain, _ := c.Incidence(1, from)
	unclear, _ := c.Incidence(2, from)
	if lost == 0 {
		return certain
	}
	if overlooked == nil {
		return &estimate.Estimate{Value: certain.Value, Low: certain.Low, High: min(1, certain.High+unclear.High), N: certain.N}
	}
	// of is the share of the lost spans that was abandoned.
	of := func(sight, odds float64) float64 { return max(0, sight-odds*read) / float64(lost) }
	spread := estimate.Z95 * math.Sqrt(float64(lost)+overlooked.Value*overlooked.Value*read)
	abandoned := certain.Plus(estimate.Estimate{
		Value: unclear.Value * of(float64(lost), overlooked.Value),
		Low:   unclear.Value * of(float64(lost)-spread, overlooked.High),
		High:  min(unclear.High, unclear.Value*of(float64(lost)+spread, overlooked.Low)),
		N:     certain.N,
	}).Within(0, 1)
	abandoned.Low = max(certain.Low, abandoned.Low)
	return abandoned
}

// name is the site's function and line, with the program's own code that called it if it is in
// another module, or with its caller if another site is the same line.
func (l leak) name() string {
	at := snapshot.Frame{Function: l.Function, File: l.File, Line: l.Line}.String()
	switch {
	case l.OwnCode != "":
		at += ", called by " + l.OwnCode
	case l.shared && l.Caller != "":
		at += ", called by " + l.Caller
	}
	return at
}

// sameLineElsewhere reports whether another site is the same line, called from elsewhere.
func (l leak) sameLineElsewhere(other leak) bool {
	return l.Function == other.Function && l.File == other.File && l.Line == other.Line && (l.Caller != other.Caller || l.OwnCode != other.OwnCode)
}
