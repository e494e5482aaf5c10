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
	limits report.Limits
	trend  memoryTrend // as of the last interval, as
	leaks  []leak      // are these
	cases  map[string]*standing
}

// standing is how far one finding has come.
type standing struct {
	judged  bool          // was there ever anything to judge by
	sick    int           // judgements in a row
	held    time.Duration // that these cover
	raised  bool
	finding report.Finding  // as last judged
	well    time.Duration   // no sign of it for so long
	ill     time.Duration   // signs of it for so long, breaks of less than recovery left out
	advice  []report.Advice // as forecast, when ill was
	asked   time.Duration
	extent  float64 // of the ruling, then
}

// recovery is after which a finding that comes back is another one. One that comes
// and goes is not forecast each time: that is costly.
const recovery = time.Minute

// worsened is by how much the extent of a finding has to grow for its forecast to be
// renewed before time: what it rests on is then another load.
const worsened = 1.5

// NewJudge returns a Judge of a target that has not been seen yet.
func NewJudge(limits report.Limits) *Judge {
	j := &Judge{limits: limits.OrDefault(), cases: map[string]*standing{}}
	for _, d := range diagnoses {
		j.cases[d.id] = &standing{}
	}
	return j
}

// Judge judges the target again at the end of its next interval.
func (j *Judge) Judge(past history.Past) {
	last := past.Last()
	j.trend = trendOf(past.Memory, last.Process.RSS)
	j.leaks = leaksIn(past)
	now := seenIn(past, j.limits)
	now.memory, now.leaks = j.trend, j.leaks
	for _, d := range diagnoses {
		j.cases[d.id].take(d, d.judge(now), last.Elapsed)
	}
}

// take moves a finding on by one judgement.
func (st *standing) take(d diagnosis, r ruling, elapsed time.Duration) {
	switch r.state {
	case healthy:
		well := standing{judged: true, well: st.well + elapsed}
		if well.well < recovery {
			well.ill, well.advice, well.asked, well.extent = st.ill, st.advice, st.asked, st.extent
		}
		*st = well
	case sick:
		st.judged = true
		st.sick++
		st.held += elapsed
		st.ill += elapsed
		st.well = 0
		if !st.raised && st.sick >= raiseAfter && st.held >= raiseHeld {
			st.raised = true
		}
		if st.raised && r.forecast != nil && (st.ill >= 2*st.asked || r.extent > worsened*st.extent) {
			st.advice, st.asked, st.extent = r.forecast(), st.ill, r.extent
		}
		if len(st.advice) > 0 {
			r.advice = st.advice
		}
		st.finding = report.Finding{
			ID: d.id, Severity: r.severity, Category: d.category, Title: r.title, Evidence: r.evidence, Advice: r.advice,
		}
	}
}

// Complete adds to a Report what a single Snapshot does not tell, as Conclusions do.
func (j *Judge) Complete(r report.Report) report.Report { return j.Conclusions().Complete(r) }
