package report

import (
	"cmp"
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/estimate"
)

// Losses are the ways in which spans were lost, in words.
type Losses struct {
	Certain []string // the interval excludes 0
	Unknown []string // with the reason
}

// Losses says which spans of a target were lost: dropped by processors, failed in exports,
// or held when the process ended.
func (r Report) Losses() (all Losses) {
	for _, loss := range []struct {
		figure, words string
		n             *estimate.Estimate
	}{
		{"spans.dropped", "spans were dropped", r.Spans.Dropped},
		{"spans.failed", "spans failed in exports", r.Spans.Failed},
		{"spans.lost_at_exit", "spans were lost when the process ended", r.Spans.LostAtExit},
	} {
		switch {
		case loss.n == nil:
			all.Unknown = append(all.Unknown, loss.figure+" is not known: "+cmp.Or(r.Why(loss.figure), "the report does not have it"))
		case loss.n.Low > 0:
			all.Certain = append(all.Certain, fmt.Sprintf("%s %s", humanize.Comma(int64(loss.n.Value)), loss.words))
		case loss.n.High > 0:
			all.Unknown = append(all.Unknown, fmt.Sprintf("up to %s %s", humanize.Comma(int64(loss.n.High)), loss.words))
		}
	}
	return all
}
