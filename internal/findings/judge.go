package findings

import (
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// How findings are raised and cleared. At the end of every interval a target is judged by
// the last history.MinIntervals of them. So one bad interval counts that many times in a
// row and raises nothing, and a finding clears that many intervals after its cause ended.
const (
	raiseAfter = history.MinIntervals + 1 // judgements in a row, and
	raiseHeld  = 2 * time.Second          // at least so long
)

// Judge finds out what is wrong with one target from its History at the end of each
// interval. It has no clock: the same Snapshots always give the same findings.
type Judge struct {
	limits   report.Limits
	work     *untrusted.Budget  // of forecasts; nil is no limit
	trend    memoryTrend        // as of the last interval
	leaks    []leak             // as of the last interval
	statuses map[string]*status // by the finding's ID
}

// status is how far one finding has come.
type status struct {
	judged     bool          // there was something to judge by at least once
	inARow     int           // verdicts in a row that it is present, and
	inARowFor  time.Duration // the time that these cover
	raised     bool
	finding    report.Finding  // as last judged
	absentFor  time.Duration   // since it was last present
	presentFor time.Duration   // in all, without breaks, which are shorter than recovery
	advice     []report.Advice // of the last forecast
	forecastAt time.Duration   // presentFor at that time
	extent     float64         // of the verdict at that time
}

// recovery is how long a finding must be absent to be a new one when it comes back. The
// forecast of one that comes and goes is kept: forecasts are costly.
const recovery = time.Minute

// renewedFrom is the growth of a finding's extent from which on its forecast is renewed
// early: it was made for another load.
const renewedFrom = 1.5

// NewJudge returns a Judge of a target that has not been seen yet. Forecasts are made within
// a budget of work; nil is no limit.
func NewJudge(limits report.Limits, work *untrusted.Budget) *Judge {
	j := &Judge{limits: limits.OrDefault(), work: work, statuses: map[string]*status{}}
	for _, r := range rules {
		j.statuses[r.id] = &status{}
	}
	return j
}

// Judge judges the target at the end of its next interval.
func (j *Judge) Judge(past history.Past) {
	last := past.Last()
	j.trend = trendOf(past.Memory, last.Process.RSS)
	j.leaks = leaksIn(past)
	now := factsOf(past, j.limits, j.work)
	now.memory, now.leaks = j.trend, j.leaks
	for _, r := range rules {
		st := j.statuses[r.id]
		st.update(r, r.judge(now), last.Elapsed)
		st.finding.Advice = withoutSet(st.finding.Advice, now.lately.Processors)
	}
}

// update takes in one more verdict.
func (st *status) update(r rule, v verdict, elapsed time.Duration) {
	switch v.state {
	case absent:
		now := status{judged: true, absentFor: st.absentFor + elapsed}
		if now.absentFor < recovery {
			now.presentFor, now.advice, now.forecastAt, now.extent = st.presentFor, st.advice, st.forecastAt, st.extent
		}
		*st = now
	case present:
		st.judged = true
		st.inARow++
		st.inARowFor += elapsed
		st.presentFor += elapsed
		st.absentFor = 0
		st.raised = st.raised || v.atOnce || st.inARow >= raiseAfter && st.inARowFor >= raiseHeld
		if st.raised && v.forecast != nil && (st.presentFor >= 2*st.forecastAt || v.extent > renewedFrom*st.extent) {
			st.advice, st.forecastAt, st.extent = v.forecast(), st.presentFor, v.extent
		}
		if len(st.advice) > 0 {
			v.advice = st.advice
		}
		st.finding = report.Finding{
			ID: r.id, Severity: v.severity, Category: r.category, Title: v.title, Evidence: v.evidence, Advice: v.advice,
		}
	}
}
