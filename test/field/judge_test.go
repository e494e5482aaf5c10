package field

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testreport"
)

// verdicts, the worst first.
const (
	wrong  = "wrong"
	partly = "partly" // the first finding and spans.started are right
	right  = "right"
)

var verdicts = []string{wrong, partly, right}

// judgement is what came of a row.
type judgement struct {
	complaints []string
	inside     bool // spans.started is right
	cause      bool // so is the first finding
}

func (j *judgement) complain(format string, args ...any) {
	j.complaints = append(j.complaints, fmt.Sprintf(format, args...))
}

func (j judgement) verdict() string {
	switch {
	case len(j.complaints) == 0:
		return right
	case j.cause && j.inside:
		return partly
	}
	return wrong
}

// starving is the finding that may be raised wherever it is true of the machine.
const starving = "cpu-starved"

// judge compares a report with what it must say.
func (r row) judge(got report.Report, t truth) judgement {
	var j judgement
	if t.starved && !r.wants(starving) {
		got.Findings = slices.DeleteFunc(slices.Clone(got.Findings), func(f report.Finding) bool { return f.ID == starving })
		r.beside = append([]string{starving}, r.beside...)
	}
	for i, w := range r.want {
		complaint := w.judge(got.Findings)
		if complaint != "" {
			j.complain("%s", complaint)
		}
		j.cause = i == 0 && complaint == "" || i > 0 && j.cause
	}
	j.cause = j.cause || len(r.want) == 0
	r.judgeFirst(&j, got.Findings)
	r.judgeOthers(&j, got.Findings)
	if complaint := startedFigure.judge(got, t); complaint != "" && !r.uncount {
		j.complain("%s", complaint)
	} else {
		j.inside = true
	}
	for _, f := range r.figures {
		if complaint := f.judge(got, t); complaint != "" {
			j.complain("%s", complaint)
		}
	}
	j.complaints = append(j.complaints, testreport.Complaints(got)...)
	return j
}

// judgeFirst wants the cause to be the first of the warnings.
func (r row) judgeFirst(j *judgement, found []report.Finding) {
	warnings := slices.DeleteFunc(slices.Clone(found), func(f report.Finding) bool { return f.Severity == report.Info })
	if len(r.want) == 0 || len(warnings) == 0 || !slices.ContainsFunc(warnings, func(f report.Finding) bool { return r.want[0].is(f.ID) }) {
		return
	}
	if first := warnings[0].ID; !r.want[0].is(first) && !r.allows(first) {
		j.complain("%s comes before %s", first, r.want[0].id)
	}
}

// judgeOthers wants no other warning, except for symptoms of what is wanted.
func (r row) judgeOthers(j *judgement, found []report.Finding) {
	for _, f := range found {
		if slices.Contains(r.never, f.ID) {
			j.complain("%s (%s) is not to be raised", f.ID, f.Severity)
			continue
		}
		if f.Severity == report.Info || r.wants(f.ID) || r.allows(f.ID) || r.wants(f.Because) || r.allows(f.Because) {
			continue
		}
		j.complain("%s (%s) has no cause", f.ID, f.Severity)
	}
}

func (r row) wants(id string) bool {
	return slices.ContainsFunc(r.want, func(w want) bool { return w.is(id) })
}

func (r row) allows(id string) bool { return slices.Contains(r.beside, id) }

func (w want) is(id string) bool { return slices.Contains(strings.Split(w.id, "|"), id) }

// judge says what is not right about the finding; "" if it is.
func (w want) judge(found []report.Finding) string {
	var complaint string
	for _, f := range found {
		if !w.is(f.ID) {
			continue
		}
		if complaint = w.judgeOne(f); complaint == "" {
			return ""
		}
	}
	if complaint == "" {
		return w.id + " is not found"
	}
	return complaint
}

func (w want) judgeOne(f report.Finding) string {
	if !slices.Contains(strings.Split(w.severity, "|"), f.Severity) {
		return fmt.Sprintf("%s is %s, want %s", f.ID, f.Severity, w.severity)
	}
	if f.Holds() == w.past {
		return fmt.Sprintf("%s is %s", f.ID, f.State)
	}
	text := said(f)
	for says := range strings.SplitSeq(w.says, "  ") {
		if !regexp.MustCompile("(?i)" + says).MatchString(text) {
			return fmt.Sprintf("%s does not say %q", f.ID, says)
		}
	}
	if w.not != "" && regexp.MustCompile("(?i)"+w.not).MatchString(text) {
		return fmt.Sprintf("%s says %q", f.ID, w.not)
	}
	return ""
}

// said is all that a finding says.
func said(f report.Finding) string {
	text, _ := json.Marshal([]any{f.Title, f.Evidence, f.Advice})
	return string(text)
}

// judge says how the figure differs from what is true; "" if it does not.
func (f figure) judge(got report.Report, t truth) string {
	e, is := f.of(got), f.true(t)
	switch {
	case e == nil && f.absent && isMissing(got, f.name):
		return ""
	case e == nil:
		return fmt.Sprintf("%s is absent, true are %v", f.name, is)
	case e.High < is.low || e.Low > is.high:
		return fmt.Sprintf("%s is %s, true are %v", f.name, shown(e), is)
	}
	return ""
}

// isMissing reports whether the report has a reason for the absence of a figure.
func isMissing(got report.Report, name string) bool {
	return slices.ContainsFunc(got.Missing, func(m snapshot.Missing) bool {
		return strings.HasPrefix("spans."+strings.ReplaceAll(name, " ", "_"), m.What) || m.What == "export"
	})
}

// shown is an estimate with its interval.
func shown(e *estimate.Estimate) string {
	if e == nil {
		return "absent"
	}
	value := humanize.Comma(int64(math.Round(e.Value)))
	if e.Low == e.High {
		return value
	}
	return value + " (" + between{e.Low, e.High}.String() + ")"
}

func TestJudge(t *testing.T) {
	r := row{
		want:    []want{{id: "span-drop", severity: "warning|critical", says: "queue  0\\.25"}, {id: "hot-path", severity: "info"}},
		beside:  []string{"sampling-high"},
		never:   []string{"span-leak"},
		figures: []figure{noneFailed, lostAtExit.orAbsent()},
	}
	sound := func() report.Report {
		var got report.Report
		got.Spans.Started, got.Spans.Failed = estimate.Counted(100), estimate.Counted(0)
		got.Missing = []snapshot.Missing{{What: "spans.lost_at_exit"}}
		got.Findings = []report.Finding{
			{ID: "span-drop", Severity: report.Critical, State: report.Holds, Title: "the queue ran over", Evidence: map[string]float64{"share": 0.25}},
			{ID: "hot-path", Severity: report.Info}, {ID: "sampling-high", Severity: report.Critical},
			{ID: "queue-backlog", Severity: report.Critical, Because: "span-drop"}, {ID: "batch-config", Severity: report.Info},
		}
		return got
	}
	begin := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	known := truth{from: begin, to: begin.Add(30 * time.Second), readings: []reading{{"us": begin.UnixMicro() + 5e6, "started": 100}}}
	tests := map[string]struct {
		spoil   func(*report.Report)
		verdict string
	}{
		"as wanted":               {func(*report.Report) {}, right},
		"not found":               {func(r *report.Report) { r.Findings = r.Findings[1:2] }, wrong},
		"another severity":        {func(r *report.Report) { r.Findings[0].Severity = report.Info }, wrong},
		"past":                    {func(r *report.Report) { r.Findings[0].State = report.Past }, wrong},
		"another text":            {func(r *report.Report) { r.Findings[0].Evidence = nil }, wrong},
		"spans started outside":   {func(r *report.Report) { r.Spans.Started = estimate.Counted(99) }, wrong},
		"spans started absent":    {func(r *report.Report) { r.Spans.Started = nil }, wrong},
		"another figure outside":  {func(r *report.Report) { r.Spans.Failed = estimate.Counted(1) }, partly},
		"absent without a reason": {func(r *report.Report) { r.Missing = nil }, partly},
		"the second not found":    {func(r *report.Report) { r.Findings[1].ID = "batch-config" }, partly},
		"a symptom first":         {func(r *report.Report) { r.Findings[0], r.Findings[3] = r.Findings[3], r.Findings[0] }, partly},
		"a warning without cause": {func(r *report.Report) { r.Findings[3].Because = "" }, partly},
		"what may not be raised":  {func(r *report.Report) { r.Findings[4].ID = "span-leak" }, partly},
		"a contradiction":         {func(r *report.Report) { r.Spans.Sampled = estimate.Counted(101) }, partly},
	}
	for name, test := range tests {
		got := sound()
		test.spoil(&got)
		if j := r.judge(got, known); j.verdict() != test.verdict {
			t.Errorf("%s: %s, want %s: %q", name, j.verdict(), test.verdict, j.complaints)
		}
	}
}
