package findings

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

// status is how far one finding has come.
type status struct {
	judged     bool          // there was something to judge by at least once
	inARow     int           // verdicts in a row that it is present, and
	inARowFor  time.Duration // the time that these cover
	began      time.Time     // the start of that time
	raised     bool
	finding    report.Finding  // as last judged while it was raised
	absentFor  time.Duration   // since it was last present
	presentFor time.Duration   // in all, without breaks, which are shorter than recovery
	advice     []report.Advice // of the last forecast
	forecastAt time.Duration   // presentFor at that time
	extent     float64         // of the verdict at that time
	entry      entry
}

// entry is a finding in the report's list, where it stays once it was raised.
type entry struct {
	since, until time.Time      // until is when it was last present
	now, worst   report.Finding // with their cause
	severities   []string       // all that it had
}

// recovery is how long a finding must be absent to be a new one when it comes back. The
// forecast of one that comes and goes is kept: forecasts are costly.
const recovery = time.Minute

// renewedFrom is the growth of a finding's extent from which on its forecast is renewed
// early: it was made for another load.
const renewedFrom = 1.5

// update takes in one more verdict, of an interval that ends now.
func (st *status) update(r rule, v verdict, now time.Time, elapsed time.Duration) {
	switch v.state {
	case absent:
		next := status{judged: true, absentFor: st.absentFor + elapsed, entry: st.entry}
		if next.absentFor < recovery {
			next.presentFor, next.advice, next.forecastAt, next.extent = st.presentFor, st.advice, st.forecastAt, st.extent
		}
		*st = next
	case present:
		if st.inARow == 0 {
			st.began = now.Add(-elapsed)
		}
		st.judged = true
		st.inARow++
		st.inARowFor += elapsed
		st.presentFor += elapsed
		st.absentFor = 0
		if st.raised || v.atOnce || st.inARow >= raiseAfter && st.inARowFor >= raiseHeld {
			st.hold(r, v, now)
		}
	}
}

// hold takes in a verdict with which the finding is raised, or stays so.
func (st *status) hold(r rule, v verdict, now time.Time) {
	if !st.raised && (st.entry.since.IsZero() || st.began.Sub(st.entry.until) >= recovery) {
		st.entry = entry{since: st.began, severities: st.entry.severities}
	}
	st.raised = true
	if v.forecast != nil && (st.presentFor >= 2*st.forecastAt || v.extent > renewedFrom*st.extent) {
		st.advice, st.forecastAt, st.extent = v.forecast(), st.presentFor, v.extent
	}
	if len(st.advice) > 0 {
		v.advice = st.advice
	}
	st.finding = report.Finding{
		ID: r.id, Severity: v.severity, Category: r.category, Title: v.title, Evidence: v.evidence, Advice: v.advice,
	}
	if !v.since.IsZero() && v.since.Before(st.entry.since) {
		st.entry.since = v.since
	}
	if st.entry.until = now; !v.until.IsZero() {
		st.entry.until = v.until
	}
}

// enter writes a finding that holds into its entry, with the id of its cause, or "".
func (st *status) enter(because string) {
	if !st.raised {
		return
	}
	e, f := &st.entry, st.finding
	if f.State, f.Since = report.Holds, e.since; because != "" {
		f.Because, f.Advice = because, []report.Advice{}
	}
	e.now = f
	if slices.Index(report.Severities, f.Severity) >= slices.Index(report.Severities, e.worst.Severity) {
		e.worst = f
	}
	if !slices.Contains(e.severities, f.Severity) {
		e.severities = append(slices.Clone(e.severities), f.Severity)
	}
}

// listed is the finding as the report lists it. It is not ok if it was never raised.
func (st *status) listed() (f report.Finding, ok bool) {
	if f = st.entry.now; !st.raised {
		f = st.entry.worst
		f.State, f.Since, f.Until = report.Past, st.entry.since, st.entry.until
	}
	f.Severities = st.entry.severities
	return f, !st.entry.since.IsZero()
}
