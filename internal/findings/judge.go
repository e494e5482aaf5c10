package findings

import (
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
)

// How findings are raised and cleared. At the end of every interval a target is judged by
// the last history.MinIntervals of them. So one bad interval counts that many times in a
// row and raises nothing, and a finding clears that many intervals after its cause ended.
const (
	raiseAfter = history.MinIntervals + 1 // judgements in a row, and
	raiseHeld  = 2 * time.Second          // at least so long
)

// minCostSamples is from how many CPU samples on the rules of cost judge.
const minCostSamples = 400

// Judge finds out what is wrong with one target from its History at the end of each
// interval. It has no clock: the same Snapshots always give the same findings.
type Judge struct {
	limits   report.Limits
	trend    memoryTrend // as of the last interval, as
	leaks    []leak      // are these
	statuses map[string]*status
}

// standing is how far one finding has come.
type status struct {
	judged     bool          // was there ever anything to judge by
	inARow     int           // judgements in a row
	inARowFor  time.Duration // that these cover
	raised     bool
	finding    report.Finding  // as last judged
	absentFor  time.Duration   // no sign of it for so long
	presentFor time.Duration   // signs of it for so long, breaks of less than recovery left out
	advice     []report.Advice // as forecast, when ill was
	forecastAt time.Duration
	extent     float64 // of the ruling, then
}

// recovery is after which a finding that comes back is another one. One that comes
// and goes is not forecast each time: that is costly.
const recovery = time.Minute

// worsened is by how much the extent of a finding has to grow for its forecast to be
// renewed before time: what it rests on is then another load.
const renewedFrom = 1.5

// NewJudge returns a Judge of a target that has not been seen yet.
func NewJudge(limits report.Limits) *Judge {
	j := &Judge{limits: limits.OrDefault(), statuses: map[string]*status{}}
	for _, d := range rules {
		j.statuses[d.id] = &status{}
	}
	return j
}

// Judge judges the target again at the end of its next interval.
func (j *Judge) Judge(past history.Past) {
	last := past.Last()
	j.trend = trendOf(past.Memory, last.Process.RSS)
	j.leaks = leaksIn(past)
	now := factsOf(past, j.limits)
	now.memory, now.leaks = j.trend, j.leaks
	for _, d := range rules {
		j.statuses[d.id].update(d, d.judge(now), last.Elapsed)
	}
}

// take moves a finding on by one judgement.
func (st *status) update(d rule, r verdict, elapsed time.Duration) {
	switch r.state {
	case absent:
		well := status{judged: true, absentFor: st.absentFor + elapsed}
		if well.absentFor < recovery {
			well.presentFor, well.advice, well.forecastAt, well.extent = st.presentFor, st.advice, st.forecastAt, st.extent
		}
		*st = well
	case present:
		st.judged = true
		st.inARow++
		st.inARowFor += elapsed
		st.presentFor += elapsed
		st.absentFor = 0
		if !st.raised && st.inARow >= raiseAfter && st.inARowFor >= raiseHeld {
			st.raised = true
		}
		if st.raised && r.forecast != nil && (st.presentFor >= 2*st.forecastAt || r.extent > renewedFrom*st.extent) {
			st.advice, st.forecastAt, st.extent = r.forecast(), st.presentFor, r.extent
		}
		if len(st.advice) > 0 {
			r.advice = st.advice
		}
		st.finding = report.Finding{
			ID: d.id, Severity: r.severity, Category: d.category, Title: r.title, Evidence: r.evidence, Advice: r.advice,
		}
	}
}
