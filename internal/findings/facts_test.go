package findings

import (
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func pastOf(intervals []snapshot.Snapshot) history.Past {
	h := history.New(history.Keep{})
	for _, s := range intervals {
		h.Add(s)
	}
	return h.Past()
}

func newSeen(intervals []snapshot.Snapshot, limits report.Limits) facts {
	return factsOf(pastOf(intervals), wholeWatch{}, limits, nil)
}

// watched is a Judge with the History that it judges by.
type watched struct {
	*Judge
	history *history.History
}

func watch(limits report.Limits) watched {
	return watched{NewJudge(limits, nil), history.New(history.Keep{})}
}

func (w watched) Add(s snapshot.Snapshot) {
	w.history.Add(s)
	w.Judge.Judge(w.history.Past())
}

func (w watched) Complete(r report.Report) report.Report { return w.Conclusions().Complete(r) }
