package findings

import (
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func pastOf(intervals []snapshot.Snapshot) (p history.Past) {
	for _, s := range intervals {
		p.Add(history.NewInterval(s))
	}
	return p
}

func newSeen(intervals []snapshot.Snapshot, limits report.Limits) seen {
	return seenIn(pastOf(intervals), limits)
}
