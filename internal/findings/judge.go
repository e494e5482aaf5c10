package findings

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// How findings are raised and cleared. At the end of every interval a target is judged by
// the last history.MinIntervals of them. So one bad interval counts that many times in a
// row and raises nothing, and a finding clears that many intervals after its cause ended.
// Losses of spans are judged by the whole watch as well: one large loss raises a finding.
const (
	raiseAfter = history.MinIntervals + 1 // judgements in a row, and
	raiseHeld  = 2 * time.Second          // at least so long
)

// Judge finds out what is wrong with one target from its History at the end of each
// interval. It has no clock: the same Snapshots always give the same findings.
type Judge struct {
	wholeWatch
	limits   report.Limits
	work     *untrusted.Budget  // of forecasts; nil is no limit
	statuses map[string]*status // by the finding's ID
	// explained is when findings were causes last, by their ID.
	explained map[string]time.Time
}

// wholeWatch is what is known of all intervals, as of the last one.
type wholeWatch struct {
	memory     memoryTrend
	leaks      []leak
	deliveries deliveries
}

// NewJudge returns a Judge of a target that has not been seen yet. Forecasts are made within
// a budget of work; nil is no limit.
func NewJudge(limits report.Limits, work *untrusted.Budget) *Judge {
	j := &Judge{limits: limits.OrDefault(), work: work, statuses: map[string]*status{}, explained: map[string]time.Time{}}
	for _, r := range rules {
		j.statuses[r.id] = &status{}
	}
	return j
}

// SetLimits sets the limits that the target is judged by from now on. Findings that are
// ignored from now on are forgotten.
func (j *Judge) SetLimits(limits report.Limits) {
	j.limits = limits.OrDefault()
	for _, id := range j.limits.Ignored {
		if j.statuses[id] != nil {
			j.statuses[id] = &status{}
		}
	}
}

// Judge judges the target at the end of its next interval.
func (j *Judge) Judge(past history.Past) {
	last := past.Last()
	j.memory = trendOf(past.Memory, last.Process.RSS)
	j.leaks = leaksIn(past)
	j.deliveries.add(last.Snapshot)
	known := factsOf(past, j.wholeWatch, j.limits, j.work)
	now := j.deliveries.now()
	for _, r := range rules {
		if j.ignores(r) {
			continue
		}
		st := j.statuses[r.id]
		st.update(r, known.verdict(r), now, last.Elapsed)
		st.finding.Advice = fitted(st.finding.Advice, known)
	}
	j.noteCauses(now)
	for _, r := range rules {
		j.statuses[r.id].enter(j.causeOf(r.id, now))
	}
}

// ignores reports whether a finding is not to be raised.
func (j *Judge) ignores(r rule) bool { return slices.Contains(j.limits.Ignored, r.id) }
