package findings

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// How findings are raised and cleared. A judgement is made at the end of every
// interval and looks at judgeWindow of them, so one bad interval is seen by that
// many judgements in a row and raises nothing; and one after another that shows
// no more of the cause clears the finding, judgeWindow intervals after its end.
const (
	raiseAfter = history.Lately + 1 // judgements in a row, and
	raiseHeld  = 2 * time.Second    // at least so long
)

// minCostSamples is from how many CPU samples on the rules of cost judge.
const minCostSamples = 400

// Judge finds out what is wrong with one target from its Snapshots, one after
// the other. It has no clock: the same Snapshots always give the same findings.
type Judge struct {
	limits report.Limits
	past   history.Past  // up to costReach
	at     time.Duration // of the last interval's end, from the first one's start
	queue  estimate.Series
	memory estimate.Series
	trend  memoryTrend
	names  history.Names
	flow   snapshot.Snapshot // all that was seen, but for what only rates and lists need
	leaks  []leak            // as of the last interval
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
	j := &Judge{
		limits: limits.OrDefault(), queue: estimate.Series{Limit: queueReadings, Forget: true}, memory: estimate.Series{Limit: memoryReadings},
		cases: map[string]*standing{},
	}
	for _, d := range diagnoses {
		j.cases[d.id] = &standing{}
	}
	return j
}

// Add judges the target again at the end of its next interval.
func (j *Judge) Add(s snapshot.Snapshot) { j.AddCounted(history.NewInterval(s)) }

// AddCounted is Add where the samples have been counted.
func (j *Judge) AddCounted(c history.Interval) {
	j.remember(c)
	now := seenIn(j.past, j.limits)
	now.queue, now.memory, now.leaks, now.lastNames = j.queue.Points, j.trend, j.leaks, j.names.List
	for _, d := range diagnoses {
		j.cases[d.id].take(d, d.judge(now), c.Elapsed)
	}
}

// remember takes the interval in. Its time is that of all intervals' lengths: the
// clock that their starts are read from may be set meanwhile.
func (j *Judge) remember(c history.Interval) {
	s := c.Snapshot
	j.past.Add(c)
	j.at += s.Elapsed
	if batching := snapshot.Batching(s.Processors); len(batching) > 0 {
		var queued uint64
		for _, p := range batching {
			queued += p.After.Queue
		}
		j.queue.Add(j.at, float64(queued))
	}
	if s.Process.RSS > 0 && !s.Ended {
		j.memory.Add(j.at, float64(s.Process.RSS))
	}
	j.trend = trendOf(j.memory.Points, s.Process.RSS)
	j.names.Add(s.Names)
	j.flow = j.flow.Merge(flowOf(s))
	j.leaks = leaks(j.flow.Following, analyzer.Recorded(j.flow))
	for i, l := range j.leaks {
		j.leaks[i].over = l.leaks() && l.stopped(j.past.Recent)
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

// flowOf is what counting spans since the attach takes of an interval.
func flowOf(s snapshot.Snapshot) snapshot.Snapshot {
	flow := snapshot.Snapshot{
		Elapsed: s.Elapsed, Counts: s.Counts, Processors: slices.Clone(s.Processors), Probing: s.Probing, Following: s.Following, Missing: s.Missing, Gaps: s.Gaps, Ended: s.Ended,
	}
	for i := range flow.Processors {
		flow.Processors[i].Flushes, flow.Processors[i].Shutdowns = snapshot.Calls{}, snapshot.Calls{}
	}
	for _, e := range s.Exports {
		e.Latest = nil
		flow.Exports = append(flow.Exports, e)
	}
	return flow
}
