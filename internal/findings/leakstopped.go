package findings

import (
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// stoppedFor is for how many intervals none must have been abandoned, and
	stoppedFor = history.MinIntervals - 1
	// minMissed how many would have been meanwhile, at the least that it was: by
	// chance there are none once in 20,000 times.
	minMissed = 10
)

// stopped reports whether a site that abandoned spans does so no more: all those
// it started for some time past were ended. The figures forget what was before
// only after ten to twenty minutes. Spans that are held stay so, and are no part
// of it.
func (l leak) hasStopped(past []history.Interval) bool {
	now := l.site(past[len(past)-1].Following)
	var since time.Duration
	for i := len(past) - 1; i > 0; i-- {
		since += past[i].Elapsed
		before := l.site(past[i-1].Following)
		if now.Followed < before.Followed || notEnded(before, now, since) > 0 {
			return false // the tallies were begun anew; or it goes on
		}
		missed := l.Abandoned.Low * float64(now.Followed-before.Followed)
		if len(past)-i >= stoppedFor && missed >= minMissed {
			return true
		}
	}
	return false
}

// notEnded is how many spans, of those followed since a moment, have not been
// ended. Ages are coarse: some that are a little older are among them.
func notEnded(before, now snapshot.FollowedSite, since time.Duration) uint64 {
	young := func(a snapshot.Ages) uint64 {
		return a.Total() - a.From(min(snapshot.AgeBin(since)+1, snapshot.AgeBins))
	}
	gone := young(now.Reused) + young(now.Lost)
	return young(now.Open) + gone - min(gone, young(before.Reused)+young(before.Lost))
}

// site is what is known of a leak's site, nothing if it is not there.
func (l leak) site(f snapshot.Following) snapshot.FollowedSite {
	for _, s := range f.Sites {
		if s.Site == (snapshot.Frame{Function: l.Function, File: l.File, Line: l.Line}) && s.Caller.String() == l.Caller {
			return s
		}
	}
	return snapshot.FollowedSite{}
}
