package findings

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// stoppedFor is how many intervals without an abandoned span are needed, and
	stoppedFor = history.MinIntervals - 1
	// minMissed how many would have been abandoned in that time, at the lower bound of the
	// rate: by chance there are none once in 20,000 times.
	minMissed = 10
)

// hasStopped reports whether a site no longer abandons spans: all spans that it started
// lately were ended. The figures show this only after ten to twenty minutes. Spans that
// are held stay held, and do not count here.
func (l leak) hasStopped(past []history.Interval) bool {
	now := l.site(past[len(past)-1].Following)
	var since time.Duration
	for i := len(past) - 1; i > 0; i-- {
		since += past[i].Elapsed
		before := l.site(past[i-1].Following)
		if now.Followed < before.Followed || notEnded(before, now, since) > 0 {
			return false // counting began anew, or spans are still abandoned
		}
		missed := l.Abandoned.Low * float64(now.Followed-before.Followed)
		if len(past)-i >= stoppedFor && missed >= minMissed {
			return true
		}
	}
	return false
}

// notEnded is how many of the spans followed since a moment have not been ended. Ages are
// coarse: some slightly older spans are included.
func notEnded(before, now snapshot.FollowedSite, since time.Duration) uint64 {
	young := func(a snapshot.Ages) uint64 {
		return a.Total() - a.From(min(snapshot.AgeBin(since)+1, snapshot.AgeBins))
	}
	gone := young(now.Reused) + young(now.Lost)
	return young(now.Open) + gone - min(gone, young(before.Reused)+young(before.Lost))
}

// site is the sum of the leak's sites; the zero value if none is there.
func (l leak) site(f snapshot.Following) snapshot.FollowedSite {
	var sites []snapshot.FollowedSite
	for _, s := range f.Sites {
		if slices.Contains(l.sites, keyOf(s)) {
			sites = append(sites, s)
		}
	}
	return sumOf(sites)
}

// leaksIn are the sites of spans that were followed, with those that have stopped leaking.
func leaksIn(past history.Past) []leak {
	found := leaks(past.Total.Following, analyzer.Recorded(past.Total), past.Total.Names)
	for i, l := range found {
		found[i].stopped = l.leaks() && l.hasStopped(past.Intervals)
	}
	return found
}
